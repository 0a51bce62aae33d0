"""What a picture is, by its first bytes: the one place that believes no file name and no header.

Only JPEG, PNG and WebP; SVG is a program. The size in pixels is read too, because 256 kB can hold
a picture that takes gigabytes to draw.
"""

from __future__ import annotations

import hashlib

import msgspec

from parlor.model.errors import BadPicture

_PNG = b"\x89PNG\r\n\x1a\n"
# Start of frame markers (ITU-T T.81 table B.1): all of C0 to CF but DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length after them: TEM, RST0 to RST7, SOI.
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


class Picture(msgspec.Struct, frozen=True):
    """`id` is made of the bytes: the same picture is the same id, and what is under an id never
    changes."""

    id: str
    type: str
    width: int
    height: int


def check_picture(data: bytes, max_pixels: int) -> Picture:
    """Raises BadPicture for what is none of the three, is cut off before its size, or is wider
    or higher than `max_pixels`."""
    if data.startswith(_PNG):
        kind, size = "image/png", _png_size(data)
    elif data.startswith(b"\xff\xd8\xff"):
        kind, size = "image/jpeg", _jpeg_size(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind, size = "image/webp", _webp_size(data)
    else:
        raise BadPicture
    if size is None or not all(0 < side <= max_pixels for side in size):
        raise BadPicture(f"A picture has 1 to {max_pixels} pixels on each side.")
    return Picture(hashlib.sha256(data).hexdigest()[:40], kind, *size)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """IHDR is the first chunk (PNG §11.2.1)."""
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walk the segments to the frame header (ITU-T T.81 B.2.2)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        elif marker in _JPEG_FRAMES:
            if at + 9 > len(data):
                return None
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            return int.from_bytes(data[at + 7 : at + 9], "big"), height
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2:
                return None
            at += 2 + length
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """The first chunk is one of three (RFC 9649 §2.5 to §2.7)."""
    kind = data[12:16]
    if len(data) < 30:
        return None
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return (
            int.from_bytes(data[26:28], "little") & 0x3FFF,
            int.from_bytes(data[28:30], "little") & 0x3FFF,
        )
    return None
