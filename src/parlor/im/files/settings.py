"""What people may upload, and for how long it waits: section `files` of the settings."""

from __future__ import annotations

import msgspec


class FileSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file has at most `max_file_bytes`, all files of one person `quota_bytes`, those on their
    way included, of which one person has `max_uploads` at most. This process takes `max_parts`
    parts at a time; one of which nothing comes for `part_stall_s` is given up, and what came of it
    stays. An upload without a new part is forgotten after `upload_kept_s`, a file that no message
    refers to after `unused_kept_s`; both are looked for every `tidy_every_s`.

    A picture has at most `max_picture_bytes`, `max_picture_pixels` in all and `max_picture_side`
    in width or height; its thumbnail `thumbnail_side`. Pictures are worked on by `pictures_at_once`
    processes, each with `picture_memory_bytes` of address space and `picture_limit_s` seconds; up
    to `pictures_waiting` wait for those.
    """

    max_file_bytes: int = 536_870_912
    quota_bytes: int = 5_368_709_120
    max_uploads: int = 20
    max_parts: int = 256
    part_stall_s: float = 30.0
    upload_kept_s: float = 86_400.0
    unused_kept_s: float = 86_400.0
    tidy_every_s: float = 600.0
    max_picture_bytes: int = 33_554_432
    max_picture_pixels: int = 50_000_000
    max_picture_side: int = 16_384
    thumbnail_side: int = 480
    pictures_at_once: int = 1
    pictures_waiting: int = 100
    picture_memory_bytes: int = 1_073_741_824
    picture_limit_s: float = 20.0

    def __post_init__(self) -> None:
        """Raises ValueError."""
        for name in self.__struct_fields__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is not above 0")
        if self.thumbnail_side > self.max_picture_side:
            raise ValueError("thumbnail_side is above max_picture_side")
