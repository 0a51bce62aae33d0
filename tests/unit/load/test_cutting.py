import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.load.cutting import (
    CLOSE,
    cut_anything,
    cut_events,
    cut_goim,
    cut_native,
    cut_websocket,
)
from parlor.wire.goim.frame import encode_frame
from parlor.wire.native.framing import build_framed
from parlor.wire.websocket import Opcode, build_close, build_frame

bodies = st.lists(
    st.one_of(st.binary(min_size=1, max_size=40), st.integers(120, 70_000).map(bytes)), max_size=6
)
cuts = st.lists(st.integers(0, 200_000), max_size=4)


def cut_in_pieces(cut, stream, at):
    """The messages of a stream that comes in several pieces, and what is left in the end."""
    ends = sorted({min(end, len(stream)) for end in at} | {len(stream)})
    found, rest, begin = [], b"", 0
    for end in ends:
        messages, rest = cut(rest + stream[begin:end])
        found += messages
        begin = end
    return found, rest


@given(bodies, cuts)
def test_every_websocket_message_comes_once_however_it_is_cut(sent, at):
    stream = b"".join(build_frame(Opcode.BINARY, body) for body in sent)
    assert cut_in_pieces(cut_websocket, stream, at) == (sent, b"")


@given(bodies, cuts)
def test_every_native_message_comes_once_however_it_is_cut(sent, at):
    stream = b"".join(map(build_framed, sent))
    assert cut_in_pieces(cut_native, stream, at) == (sent, b"")


@given(bodies, cuts)
def test_every_goim_frame_comes_once_however_it_is_cut(sent, at):
    frames = [encode_frame(1000, body) for body in sent]
    assert cut_in_pieces(cut_goim, b"".join(frames), at) == (frames, b"")


def test_a_close_frame_is_marked_and_a_ping_is_nothing():
    stream = build_frame(Opcode.PING, b"are you there") + build_close(4100, "draining after_s=2.5")
    messages, rest = cut_websocket(stream)
    assert messages == [CLOSE + (4100).to_bytes(2) + b"draining after_s=2.5"]
    assert rest == b""


@given(st.binary(min_size=4, max_size=30))
def test_a_goim_length_below_its_own_header_ends_the_stream(rest):
    with pytest.raises(ConnectionError):
        cut_goim(b"\0\0\0\3" + rest)


def test_an_event_ends_with_an_empty_line():
    assert cut_events(b"data: 1\n\ndata: 2\n\nda") == ([b"data: 1", b"data: 2"], b"da")


def test_what_a_baseline_says_is_taken_as_it_comes():
    assert cut_anything(b"abc") == ([b"abc"], b"")
