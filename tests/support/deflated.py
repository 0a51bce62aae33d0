"""Compressed WebSocket messages made and read with zlib alone, as a peer of RFC 7692 would."""

from __future__ import annotations

import zlib

TAIL = b"\0\0\xff\xff"


def packed(payload: bytes, *, level: int = 6, bits: int = 15, final: bool = False) -> bytes:
    """`final`: one block marked as last, and the empty byte that §7.2.3.4 wants after it."""
    stream = zlib.compressobj(level, zlib.DEFLATED, -bits)
    if final:
        return stream.compress(payload) + stream.flush(zlib.Z_FINISH) + b"\0"
    return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def unpacked(payload: bytes, *, bits: int = 15) -> bytes:
    """Of one message by itself: fails for one that refers to an earlier message, or further back
    than `bits` allow."""
    return zlib.decompressobj(-bits).decompress(payload + TAIL)
