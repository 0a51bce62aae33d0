"""What must hold for every input: round trips, any segmentation, any damage, another library."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import State
from websockets.uri import parse_uri

from parlor.wire.websocket import (
    CloseReceived,
    Opcode,
    Ping,
    Pong,
    ReaderLimits,
    build_close,
    build_frame,
    build_masked,
)
from tests.support.websocket_reading import bytewise, outcome

keys = st.binary(min_size=4, max_size=4)
messages = st.one_of(st.text(max_size=300), st.binary(max_size=300))
controls = st.one_of(
    st.binary(max_size=125).map(Ping),
    st.binary(max_size=125).map(Pong),
)


@st.composite
def streams(draw):
    """A client's bytes with fragments and interleaved control frames, and their events."""
    data, events = bytearray(), []
    for message in draw(st.lists(messages, max_size=5)):
        payload = message.encode() if isinstance(message, str) else message
        cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
        edges = [0, *cuts, len(payload)]
        opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
        for n, (start, stop) in enumerate(pairwise(edges)):
            last = n == len(edges) - 2
            data += build_masked(opcode, payload[start:stop], draw(keys), fin=last)
            opcode = Opcode.CONTINUATION
            if last:
                events.append(message)
            for control in draw(st.lists(controls, max_size=1)):
                kind = Opcode.PING if isinstance(control, Ping) else Opcode.PONG
                data += build_masked(kind, control.payload, draw(keys))
                events.append(control)
    return bytes(data), events


def cut(data, points):
    edges = [0, *sorted(point % (len(data) + 1) for point in points), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(streams(), st.lists(st.integers(0, 5000), max_size=20))
def test_messages_come_out_as_they_went_in_however_they_are_cut(stream, points):
    data, events = stream
    assert outcome(cut(data, points)) == (events, None)
    assert outcome(bytewise(data)) == (events, None)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
def test_any_bytes_give_one_kind_of_error_and_segments_do_not_matter(data, points):
    whole = outcome([data])
    assert whole[1] in {None, 1002, 1007, 1009}
    assert outcome(cut(data, points)) == whole
    assert outcome(bytewise(data)) == whole


@given(streams(), st.data())
def test_a_flipped_bit_gives_the_same_outcome_in_any_segmentation(stream, choice):
    data = bytearray(stream[0])
    if data:
        data[choice.draw(st.integers(0, len(data) - 1))] ^= 1 << choice.draw(st.integers(0, 7))
    limits = ReaderLimits(1000, 1000)
    whole = outcome([bytes(data)], limits)
    assert whole[1] in {None, 1002, 1007, 1009}
    assert outcome(bytewise(bytes(data)), limits) == whole


@given(streams(), st.lists(st.integers(0, 5000), max_size=10))
def test_a_lenient_reader_reads_the_same_bytes(stream, points):
    data, events = stream
    raw = [event.encode() if isinstance(event, str) else event for event in events]
    assert outcome(cut(data, points), ReaderLimits(lenient=True)) == (raw, None)


def their_client():
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    client.reader.feed_data(b"")
    return client


@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 5000), max_size=8))
def test_we_read_what_the_websockets_library_writes(sent, points):
    client = their_client()
    for message in sent:
        if isinstance(message, str):
            client.send_text(message.encode())
        else:
            client.send_binary(message)
    client.send_ping(b"p")
    client.send_close(1001, "bye")
    data = b"".join(client.data_to_send())
    assert outcome(cut(data, points)) == ([*sent, Ping(b"p"), CloseReceived(1001, "bye")], None)


@given(st.lists(messages, max_size=6))
def test_the_websockets_library_reads_what_we_write(sent):
    client = their_client()
    for message in sent:
        if isinstance(message, str):
            client.receive_data(build_frame(Opcode.TEXT, message.encode()))
        else:
            client.receive_data(build_frame(Opcode.BINARY, message))
    client.receive_data(build_close(4100, "draining after_s=2.5"))
    *got, close = client.events_received()
    assert [
        bytes(frame.data).decode() if frame.opcode is TheirOpcode.TEXT else bytes(frame.data)
        for frame in got
    ] == sent
    assert close.opcode is TheirOpcode.CLOSE
    assert client.close_rcvd == Close(4100, "draining after_s=2.5")


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, 200_000])
def test_the_libraries_agree_on_every_length_form(size):
    client = their_client()
    client.send_binary(bytes(size))
    assert outcome([b"".join(client.data_to_send())]) == ([bytes(size)], None)
