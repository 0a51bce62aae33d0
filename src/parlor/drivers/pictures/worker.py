"""The process that works on one picture: `python -m parlor.drivers.pictures.worker FILE LIMITS`.

Writes `FILE.picture` and `FILE.thumbnail` and says on standard output what they are. Exit status 3
for what is no picture or too large; anything else but 0 is a decoder that gave up.
"""

from __future__ import annotations

import base64
import os
import resource
import sys
from io import BytesIO
from pathlib import Path

import msgspec
from PIL import Image, ImageOps

from parlor.drivers.pictures.limits import PICTURE_ENDING, THUMBNAIL_ENDING, Limits, Made
from parlor.model.clean_picture import clean_picture
from parlor.model.errors import BadPicture

REFUSED = 3
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_ORIENTATION = 0x0112
_AS_IT_IS = 1
_PREVIEW_SIDE = 16
_NICE = 10
"""Whoever chats goes first."""


def main(file: Path, limits: Limits) -> None:
    """Raises BadPicture, and whatever Pillow raises."""
    _bind(limits)
    data = clean_picture(_upright(file.read_bytes(), limits))
    picture = _open(data, limits)
    width, height = picture.size
    thumbnail = _small(picture, limits.thumbnail_side)
    small = _webp(thumbnail, quality=75)
    thumbnail.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
    file.with_name(file.name + PICTURE_ENDING).write_bytes(data)
    file.with_name(file.name + THUMBNAIL_ENDING).write_bytes(small)
    made = Made(
        _TYPES[picture.format or ""],
        width,
        height,
        len(data),
        base64.b64encode(_webp(thumbnail, quality=20)).decode(),
        len(small),
    )
    sys.stdout.buffer.write(msgspec.json.encode(made))


def _bind(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, max(1, round(limits.limit_s))),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(_NICE)


def _open(data: bytes, limits: Limits) -> Image.Image:
    """Nothing is decoded yet. Raises BadPicture."""
    picture = Image.open(BytesIO(data), formats=list(_TYPES))
    width, height = picture.size
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise BadPicture
    return picture


def _upright(data: bytes, limits: Limits) -> bytes:
    """The picture as it is seen. One that is so already stays as it is, to the last pixel."""
    picture = _open(data, limits)
    is_moving = getattr(picture, "n_frames", 1) > 1
    if is_moving or picture.getexif().get(_ORIENTATION, _AS_IT_IS) == _AS_IT_IS:
        return data
    turned = BytesIO()
    profile = picture.info.get("icc_profile")
    ImageOps.exif_transpose(picture).save(turned, picture.format, quality=92, icc_profile=profile)
    return turned.getvalue()


def _small(picture: Image.Image, side: int) -> Image.Image:
    """The first frame, at most so wide and high. A JPEG is decoded smaller from the beginning."""
    size = (side, side)
    picture.thumbnail(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")


def _webp(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()


if __name__ == "__main__":
    # Refused by size, before Pillow warns of it by itself.
    Image.MAX_IMAGE_PIXELS = None
    try:
        main(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Limits))
    except (BadPicture, OSError, ValueError, SyntaxError, MemoryError):
        sys.exit(REFUSED)
