"""WebSocket frames: the outcome does not depend on segments, and limits hold.

The first byte chooses the reader, the second the segments, the rest is the stream.
"""

from __future__ import annotations

from parlor.wire.websocket import RSV1, Opcode, ReaderLimits, build_frame, build_masked, deflate
from tests.fuzz.segments import segmentations
from tests.support.websocket_reading import alike, outcome

MAX_BYTES = 512
READERS = [
    ReaderLimits(MAX_BYTES, MAX_BYTES, from_client=from_client, compressed=compressed)
    for from_client in (True, False)
    for compressed in (True, False)
] + [ReaderLimits(MAX_BYTES, MAX_BYTES, lenient=True)]

_KEY = b"\0\0\0\0"
SEEDS = [
    b"\2\0" + build_masked(Opcode.TEXT, b"hello", _KEY),
    b"\2\7" + build_masked(Opcode.TEXT, "你好".encode()[:4], _KEY, fin=False)
    + build_masked(Opcode.PING, b"p", _KEY)
    + build_masked(Opcode.CONTINUATION, "你好".encode()[4:], _KEY),
    b"\0\1" + build_masked(RSV1 | Opcode.TEXT, deflate(b"again again again"), _KEY),
    b"\0\3" + build_masked(RSV1 | Opcode.BINARY, deflate(bytes(600)), _KEY),
    b"\3\0" + build_frame(Opcode.BINARY, bytes(200)) + build_frame(Opcode.PONG, b""),
    b"\1\5" + build_frame(RSV1 | Opcode.TEXT, deflate(b"x")),
    b"\4\0" + build_frame(Opcode.CONTINUATION, b"as goim takes it"),
    b"\2\0" + build_masked(Opcode.CLOSE, b"\x03\xe8bye", _KEY),
    b"\2\0\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\2\0\x82\xfe\0\x7d",
    b"\0\x21\x81" + b"\xff" * 132,
]  # fmt: skip


def check(data: bytes) -> None:
    if len(data) < 2:
        return
    limits = READERS[data[0] % len(READERS)]
    whole, *others = [outcome(pieces, limits) for pieces in segmentations(data[2:], data[1])]
    events, close = whole
    assert close in {None, 1002, 1007, 1009}
    for event in events:
        if isinstance(event, str | bytes):
            size = len(event.encode() if isinstance(event, str) else event)
            assert size <= MAX_BYTES
    assert all(alike(other, whole) for other in others)
