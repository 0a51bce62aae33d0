"""From what somebody uploaded to a picture that is safe to show."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec


class MadePicture(msgspec.Struct, frozen=True):
    """`picture` and `thumbnail` (a WebP) are files beside the one they were made from, and called
    like it with more behind. `width` and `height` are those of `picture`, as it is seen, and `size`
    its bytes; `preview` is a WebP of a few pixels in base64."""

    type: str
    width: int
    height: int
    size: int
    preview: str
    picture: Path
    thumbnail: Path
    thumbnail_size: int


class PictureMaker(Protocol):
    async def make(self, file: Path) -> MadePicture:
        """Turn it as its camera was held, take away what is not seen, make the small ones.

        Raises BadPicture for what is none, is broken or too large to be drawn, Overloaded.
        """
