"""RFC 6455 §5.5: ping, pong and the limits of all control frames. Closing has a file of its own."""

import pytest

from tests.support.frame_faults import CONTROL
from tests.support.wire_peer import CLOSE, FIN, PING, PONG, TEXT, Received, frame, question


@pytest.mark.parametrize("name", CONTROL)
async def test_5_5_a_control_frame_is_short_and_whole(peer, name):
    data, code = CONTROL[name]
    await peer.send(data + frame(TEXT, question(5)))
    await peer.failed(code)


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(125), b"\xff\xfe\0\xed\xa0\x80" * 20])
async def test_5_5_2_a_ping_is_answered_with_the_same_payload(peer, payload):
    """5.5.3 says the same of the pong."""
    await peer.send(frame(PING, payload))
    assert await peer.next_frame() == Received(FIN | PONG, payload)


async def test_5_5_2_pings_one_by_one_are_all_answered(peer):
    for number in range(10):
        await peer.send(frame(PING, b"%d" % number))
        assert await peer.next_frame() == Received(FIN | PONG, b"%d" % number)


async def test_5_5_3_of_many_pings_at_once_the_last_is_answered(peer):
    await peer.send(b"".join(frame(PING, b"%d" % number) for number in range(10)))
    answered = -1
    while answered < 9:
        received = await peer.next_frame()
        assert received.first == FIN | PONG
        assert int(received.payload) > answered
        answered = int(received.payload)
    await peer.is_alive()


async def test_5_5_3_a_pong_nobody_asked_for_is_not_answered(peer):
    for payload in (b"", b"unasked", bytes(125)):
        await peer.send(frame(PONG, payload))
    await peer.is_alive()


async def test_5_5_2_a_ping_between_requests_hinders_neither(peer):
    await peer.send(frame(TEXT, question(1)) + frame(PING, b"x") + frame(TEXT, question(2)))
    received = [await peer.next_frame() for _ in range(3)]
    assert Received(FIN | PONG, b"x") in received
    assert sum(one.first == FIN | TEXT for one in received) == 2


@pytest.mark.parametrize("end", [frame(CLOSE, b"\x03\xe8"), frame(3), frame(TEXT, b"\xff")])
async def test_5_5_2_a_ping_before_the_end_is_answered_before_it(peer, end):
    """Also when both are in one segment."""
    await peer.send(frame(PING, b"first") + frame(PING, b"second") + end)
    while (received := await peer.next_frame()).payload != b"second":
        assert received == Received(FIN | PONG, b"first")
    assert received.first == FIN | PONG
    assert (await peer.next_frame()).first == FIN | CLOSE
    await peer.ended()


async def test_5_5_2_a_ping_after_a_close_is_not_answered(peer):
    await peer.send(frame(CLOSE, b"\x03\xe8") + frame(PING, b"late") + frame(TEXT, question(1)))
    await peer.failed(1000)
