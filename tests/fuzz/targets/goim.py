"""goim frames over TCP and WebSocket, and what is in them. The first byte chooses the segments."""

from __future__ import annotations

import contextlib

from parlor.model.errors import WireError
from parlor.wire.goim.frame import Frame, encode_frame, encode_raw, parse_message
from parlor.wire.goim.login import parse_login
from parlor.wire.goim.ops import INT32_MAX, INT32_MIN, Op, parse_ops
from parlor.wire.goim.reader import FrameReader, split_frames
from tests.fuzz.segments import segmentations

MAX_BODY_BYTES = 128
SEEDS = [
    b"\0" + encode_frame(Op.AUTH, b'{"mid":1,"room_id":"live://1","accepts":[1000,1001]}', seq=1),
    b"\3" + encode_frame(Op.HEARTBEAT, seq=2) + encode_frame(Op.CHANGE_ROOM, b"live://2"),
    b"\1" + encode_frame(Op.SUB, b"1000,-7,2147483647"),
    b"\2" + encode_raw(encode_frame(1000, b"a") + encode_frame(1001, b"b")),
    b"\0" + encode_frame(4, bytes(MAX_BODY_BYTES)) + encode_frame(4, bytes(MAX_BODY_BYTES + 1)),
    b"\0\0\0\0\x0f\0\x10\0\1\0\0\0\2\0\0\0\1",
    b"\0\xff\xff\xff\xff\0\x10\0\1\0\0\0\2\0\0\0\1",
    b'\0{"mid":null,"key":7}',
]


def _read(pieces: list[bytes]) -> tuple[list[Frame], int | None]:
    reader, frames = FrameReader(MAX_BODY_BYTES), list[Frame]()
    try:
        for piece in pieces:
            reader.feed(piece)
            while (frame := reader.take_frame()) is not None:
                frames.append(frame)
            assert reader.waiting_bytes < 16 + MAX_BODY_BYTES
    except WireError as fault:
        return frames, fault.close
    return frames, None


def check(data: bytes) -> None:
    if not data:
        return
    stream = data[1:]
    whole, *others = [_read(pieces) for pieces in segmentations(stream, data[0])]
    assert all(other == whole for other in others)
    frames, close = whole
    assert close in {None, 1009, 4205}
    # The reply to a frame echoes it: nothing may come out that did not go in.
    again = b"".join(
        encode_frame(frame.op, frame.body, version=frame.version, seq=frame.seq) for frame in frames
    )
    assert stream.startswith(again)
    with contextlib.suppress(WireError):
        first = parse_message(stream, MAX_BODY_BYTES)
        assert frames[0] == first
    with contextlib.suppress(WireError):
        assert [frame.op for frame in split_frames(again)] == [frame.op for frame in frames]
        split_frames(stream)
    for body in (stream, *(frame.body for frame in frames)):
        with contextlib.suppress(WireError):
            login = parse_login(body)
            assert all(INT32_MIN <= op <= INT32_MAX for op in login.accepts)
        ops = parse_ops(body)
        if ops:
            assert parse_ops(b",".join(b"%d" % op for op in ops)) == ops
