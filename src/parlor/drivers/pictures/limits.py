"""What the process for pictures is told, and what it answers."""

from __future__ import annotations

import msgspec

PICTURE_ENDING = ".picture"
THUMBNAIL_ENDING = ".thumbnail"


class Limits(msgspec.Struct, frozen=True):
    """`max_pixels` in all, `max_side` in each direction. `memory_bytes` bounds its address space,
    `limit_s` its time."""

    max_pixels: int = 50_000_000
    max_side: int = 16_384
    thumbnail_side: int = 480
    memory_bytes: int = 1_073_741_824
    limit_s: float = 20.0


class Made(msgspec.Struct, frozen=True):
    type: str
    width: int
    height: int
    size: int
    preview: str
    thumbnail_size: int
