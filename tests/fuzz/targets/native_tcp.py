"""The length before each native message over TCP: messages come out as they went in, in any
segments, and those before a fault are not lost. The first byte chooses the segments."""

from __future__ import annotations

from parlor.model.errors import WireError
from parlor.wire.native.framing import LengthReader, build_framed
from tests.fuzz.segments import segmentations

MAX_BYTES = 300
SEEDS = [
    b"\0" + build_framed(b"one") + build_framed(b"two"),
    b"\5" + build_framed(bytes(300)),
    b"\3" + build_framed(bytes(301)),
    b"\1" + build_framed(b"good") + bytes(4),
    b"\2\xff\xff\xff\xff",
]


def _read(pieces: list[bytes]) -> tuple[list[bytes], int | None]:
    reader, messages = LengthReader(MAX_BYTES), list[bytes]()
    try:
        for piece in pieces:
            messages.extend(reader.feed(piece))  # keeps what came before a fault
    except WireError as fault:
        return messages, fault.close
    return messages, None


def check(data: bytes) -> None:
    if not data:
        return
    whole, *others = [_read(pieces) for pieces in segmentations(data[1:], data[0])]
    assert all(other == whole for other in others)
    messages, close = whole
    assert close in {None, 1009, 4205}
    assert all(0 < len(message) <= MAX_BYTES for message in messages)
    again = b"".join(build_framed(message) for message in messages)
    assert data[1:].startswith(again)
