"""The reader for clients of servers that check less than RFC 6455 asks."""

from __future__ import annotations

import pytest

from parlor.model.errors import WireError
from parlor.wire.websocket import FrameReader, Opcode, Ping, ReaderLimits, build_frame, build_masked

LENIENT = ReaderLimits(lenient=True)
KEY = b"\x01\x02\x03\x04"


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"x" * 300, b"y" * 70_000])
def test_every_data_frame_is_a_message_of_bytes_masked_or_not(opcode: Opcode, body: bytes):
    reader = FrameReader(LENIENT)
    frames = build_frame(opcode, body) + build_masked(opcode, body, KEY) + build_frame(opcode, body)
    assert list(reader.feed(frames)) == [body] * 3
    assert list(reader.feed(build_masked(opcode, body, KEY))) == [body]


def test_fragments_may_differ_in_masking():
    reader = FrameReader(LENIENT)
    frames = (
        build_masked(Opcode.TEXT, b"\xc3", KEY, fin=False)
        + build_frame(Opcode.PING, b"?")
        + build_frame(Opcode.CONTINUATION, b"\x28", fin=False)
        + build_masked(Opcode.CONTINUATION, b"!", KEY)
    )
    got = [event for byte in frames for event in reader.feed(bytes([byte]))]
    assert got == [Ping(b"?"), b"\xc3\x28!"]


@pytest.mark.parametrize("frame", [b"\xc2\x00", b"\x83\x00", b"\x09\x00", b"\x89\x7e\x00\x7e"])
def test_what_no_server_can_read_is_still_refused(frame: bytes):
    with pytest.raises(WireError):
        list(FrameReader(LENIENT).feed(frame))
