"""Pictures as cameras and programs write them, drawn by Pillow."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

GPS = b"51 deg 30' N, 0 deg 7' W"
"""What must not get out."""


def drawn(
    kind: str = "JPEG",
    size: tuple[int, int] = (64, 48),
    *,
    orientation: int = 1,
    frames: int = 1,
    alpha: bool = False,
) -> bytes:
    """A picture with GPS in its EXIF where that kind has any. The left half is red, the right one
    blue, and the top left corner green."""
    shots = []
    for number in range(frames):
        shot = Image.new(
            "RGBA" if alpha else "RGB", size, (255, 0, 0, 99) if alpha else (255, 0, 0)
        )
        shot.paste((0, 0, 255), (size[0] // 2, 0, *size))
        shot.paste((0, 255, 0), (0, 0, size[0] // 4, size[1] // 4))
        shot.paste((0, 90 * number, 0), (0, size[1] // 2, size[0] // 2, size[1]))
        shots.append(shot)
    exif = Image.Exif()
    exif[0x010E] = GPS.decode()
    exif[0x0112] = orientation
    out = BytesIO()
    more: dict[str, Any] = {"comment": GPS} if kind == "GIF" else {"exif": exif}
    if frames > 1:
        more |= {"save_all": True, "append_images": shots[1:], "duration": 50, "loop": 0}
    shots[0].save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """Decoded to its end."""
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture
