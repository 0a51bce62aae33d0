"""What the front of a video payload says: does a key frame begin here, and where is its number?

VP8 (RFC 7741 §4.2), VP9 (RFC 9628 §4.2), H264 (RFC 6184 §5) and AV1 (RTP payload format for AV1
§4.4). Only as many bytes are looked at as end-to-end encryption leaves clear, but for H264, whose
key frames then cannot be seen. Never raises: what is too short is a picture about which nothing is
known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Picture(NamedTuple):
    """Places are counted from the beginning of the payload; -1 for a field that is not there."""

    begins_key: bool = False
    """A receiver that starts with this packet can show a picture."""
    id_at: int = -1
    """Where the picture's number is."""
    id_bits: int = 0
    """7 or 15."""
    tl0_at: int = -1
    """Where the byte is that counts pictures of the lowest temporal layer."""


PictureOf = Callable[[bytes, int, int], Picture]
"""Payload `data[at:end]` to what it says."""

NOTHING = Picture()

_SPS = 7
_STAP_A, _FU_A = 24, 28


def vp8_picture(data: bytes, at: int, end: int) -> Picture:
    start = at
    if at >= end:
        return NOTHING
    first = data[at]
    at += 1
    id_at, id_bits, tl0_at = -1, 0, -1
    if first & 0x80:
        if at >= end:
            return NOTHING
        present = data[at]
        at += 1
        if present & 0x80:
            if at >= end:
                return NOTHING
            id_at, id_bits = at - start, 15 if data[at] & 0x80 else 7
            at += 2 if id_bits == 15 else 1
        if present & 0x40:
            tl0_at = at - start
            at += 1
        if present & 0x30:
            at += 1
    if at >= end:
        return NOTHING
    # The first packet of the first partition, whose first bit is 0 in a key frame (RFC 6386 §9.1).
    begins_key = first & 0x17 == 0x10 and not data[at] & 1
    return Picture(begins_key, id_at, id_bits, tl0_at)


def vp9_picture(data: bytes, at: int, end: int) -> Picture:
    start = at
    if at >= end:
        return NOTHING
    first = data[at]
    at += 1
    id_at, id_bits, tl0_at, spatial = -1, 0, -1, 0
    if first & 0x80:
        if at >= end:
            return NOTHING
        id_at, id_bits = at - start, 15 if data[at] & 0x80 else 7
        at += 2 if id_bits == 15 else 1
    if first & 0x20:
        if at >= end:
            return NOTHING
        spatial = data[at] >> 1 & 7
        at += 1
        if not first & 0x10:
            tl0_at = at - start
            at += 1
    if at > end:
        return NOTHING
    # B: a frame begins; no P: it refers to no other picture; the lowest spatial layer.
    begins_key = first & 0x48 == 0x08 and not spatial
    return Picture(begins_key, id_at, id_bits, tl0_at)


def h264_picture(data: bytes, at: int, end: int) -> Picture:
    """A key frame begins with its sequence parameter set, without which nobody can show it."""
    if at >= end:
        return NOTHING
    kind = data[at] & 0x1F
    if kind == _FU_A:
        return Picture(at + 1 < end and data[at + 1] & 0x9F == 0x80 | _SPS)
    if kind != _STAP_A:
        return Picture(kind == _SPS)
    at += 1
    while at + 2 < end:
        if data[at + 2] & 0x1F == _SPS:
            return Picture(True)
        at += 2 + (data[at] << 8 | data[at + 1])
    return NOTHING


def av1_picture(data: bytes, at: int, end: int) -> Picture:
    """N of the aggregation header: the first packet of a coded video sequence."""
    return Picture(at < end and bool(data[at] & 0x08))


PICTURES: dict[str, PictureOf] = {
    "vp8": vp8_picture,
    "vp9": vp9_picture,
    "h264": h264_picture,
    "av1": av1_picture,
}
"""By the codec's name in lower case."""


def renumber(payload: bytes, picture: Picture, id_offset: int, tl0_offset: int) -> bytes:
    """`payload` with both numbers lowered by the offsets, modulo their sizes."""
    changed = bytearray(payload)
    at = picture.id_at
    if picture.id_bits == 15:
        number = (changed[at] << 8 | changed[at + 1]) - id_offset & 0x7FFF
        changed[at], changed[at + 1] = 0x80 | number >> 8, number & 0xFF
    elif picture.id_bits:
        changed[at] = changed[at] - id_offset & 0x7F
    if picture.tl0_at >= 0:
        changed[picture.tl0_at] = changed[picture.tl0_at] - tl0_offset & 0xFF
    return bytes(changed)


def picture_number(payload: bytes, picture: Picture) -> int | None:
    """The picture's number; None when it has none."""
    at = picture.id_at
    if picture.id_bits == 15:
        return (payload[at] << 8 | payload[at + 1]) & 0x7FFF
    return payload[at] if picture.id_bits else None
