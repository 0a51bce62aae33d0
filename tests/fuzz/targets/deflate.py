"""Compressed messages: whatever inflates stays within the limit, and what we deflate comes back.

The first byte chooses the limit and the window, the second the segments.
"""

from __future__ import annotations

import tests.support.deflated as zlib_alone
from parlor.wire.websocket import RSV1, Opcode, ReaderLimits, build_masked, deflate
from tests.fuzz.segments import segmentations
from tests.support.websocket_reading import alike, outcome

_KEY = b"\x37\xfa\x21\x3d"
SEEDS = [
    b"\1\0" + zlib_alone.packed(b"Hello Hello Hello"),
    b"\2\3" + zlib_alone.packed(bytes(3_000)),
    b"\3\1" + zlib_alone.packed(b"Hello", final=True),
    b"\1\1" + bytes.fromhex("f2480500 0000ffffcac9c90700"),
    b"\1\2" + bytes.fromhex("000500faff48656c6c6f00"),
    b"\1\0\0",
    b"\1\0",
    b"\1\4" + b"\x03\0" * 20 + b"\0",
    # 257 bytes for a limit of 256, and then a distance that is none
    b"\1\0\xf2H\xcd\xc9" + b"\x17" * 30 + b"\xaa" + b"\x17" * 180,
]


def check(data: bytes) -> None:
    if len(data) < 2:
        return
    limits = ReaderLimits(1 << 16, 128 << data[0] % 8, compressed=True)
    message = data[2:]
    frame = build_masked(RSV1 | Opcode.BINARY, message, _KEY)
    whole, *others = [outcome(pieces, limits) for pieces in segmentations(frame, data[1])]
    assert all(alike(other, whole) for other in others)
    events, close = whole
    assert (close is None) is bool(events)
    assert close in {None, 1007, 1009}
    for event in events:
        assert isinstance(event, bytes)
        assert len(event) <= limits.max_message_bytes

    packed = deflate(message, 9 + data[0] % 7, 1 + data[1] % 9)
    there_and_back = build_masked(RSV1 | Opcode.BINARY, packed, _KEY)
    roomy = ReaderLimits(1 << 20, 1 << 20, compressed=True)
    assert outcome([there_and_back], roomy) == ([message], None)
    assert zlib_alone.unpacked(packed) == message
