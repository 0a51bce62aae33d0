"""The stream may be cut anywhere; the frames are the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import WireError
from parlor.wire.goim.frame import Frame, encode_frame
from parlor.wire.goim.reader import FrameReader, split_frames

bodies = st.lists(st.binary(max_size=64), max_size=12)


def _take_all(reader: FrameReader) -> list[Frame]:
    frames = []
    while (frame := reader.take_frame()) is not None:
        frames.append(frame)
    return frames


@given(bodies, st.lists(st.integers(1, 40), max_size=80))
def test_frames_come_out_whole_however_the_stream_is_cut(sent: list[bytes], cuts: list[int]):
    stream = b"".join(encode_frame(1000 + i, body) for i, body in enumerate(sent))
    reader, got, at = FrameReader(), list[Frame](), 0
    for cut in [*cuts, len(stream)]:
        reader.feed(stream[at : at + cut])
        got += _take_all(reader)
        at += cut
    assert [frame.body for frame in got] == sent
    assert [frame.op for frame in got] == [1000 + i for i in range(len(sent))]
    assert reader.waiting_bytes == 0


def test_one_byte_at_a_time_is_enough():
    reader, got = FrameReader(), list[Frame]()
    for byte in encode_frame(7, b"{}", seq=3):
        reader.feed(bytes([byte]))
        got += _take_all(reader)
    assert got == [Frame(7, b"{}", 1, 3)]


def test_good_frames_before_a_bad_one_are_served():
    reader = FrameReader()
    reader.feed(encode_frame(2) + encode_frame(4, b"x" * 4096) + encode_frame(4, b"x" * 4097))
    assert reader.take_frame() == Frame(2)
    assert reader.take_frame() == Frame(4, b"x" * 4096)
    with pytest.raises(WireError):
        reader.take_frame()


def test_an_over_long_frame_is_refused_before_its_body_arrives():
    reader = FrameReader()
    reader.feed(encode_frame(4, b"x" * 4097)[:16])
    with pytest.raises(WireError):
        reader.take_frame()


def test_a_batch_of_frames_splits_into_them_in_order():
    batch = b"".join(encode_frame(1000, str(i).encode()) for i in range(20))
    assert [int(frame.body) for frame in split_frames(batch)] == list(range(20))
    with pytest.raises(WireError):
        split_frames(batch[:-1])


@given(st.integers(0, 1 << 32))
def test_any_bytes_give_frames_or_one_kind_of_error_and_none_are_held_beyond_a_frame(seed: int):
    """100 examples of 100 streams each: frames with damaged headers, cut anywhere."""
    chance = random.Random(seed)
    for _ in range(100):
        stream = bytearray()
        for _ in range(chance.randrange(1, 5)):
            stream += encode_frame(chance.randrange(20), chance.randbytes(chance.randrange(65)))
        for _ in range(chance.randrange(3)):
            stream[chance.randrange(len(stream))] = chance.randrange(256)
        reader, at = FrameReader(max_body_bytes=64), 0
        try:
            while at < len(stream):
                cut = chance.randrange(1, 80)
                reader.feed(bytes(stream[at : at + cut]))
                at += cut
                for frame in _take_all(reader):
                    assert frame.body in stream
                assert reader.waiting_bytes < 16 + 64
        except WireError:
            continue
