"""RFC 6455 §5.5.1, §7: the closing handshake, from either side, with every code."""

import pytest

from parlor.model.close import CloseCode
from tests.support.frame_faults import CLOSES
from tests.support.wire_peer import (
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    TEXT,
    Peer,
    Received,
    close_frame,
    frame,
    question,
    request_head,
)

LEGAL = (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3001, 3999, 4000, 4001, 4999)


@pytest.mark.parametrize("code", LEGAL)
async def test_5_5_1_a_close_is_answered_with_its_code_and_the_server_hangs_up(peer, code):
    await peer.send(close_frame(code))
    received = await peer.next_frame()
    assert received == Received(FIN | CLOSE, code.to_bytes(2))
    await peer.ended()


@pytest.mark.parametrize("reason", [b"", b"bye", "再见 😀".encode(), b"x" * 123])
async def test_5_5_1_a_reason_may_follow_the_code(peer, reason):
    await peer.send(close_frame(1000, reason))
    await peer.failed(1000)


async def test_5_5_1_a_close_without_a_body_is_answered_by_one_without(peer):
    """1005 is never on the wire (§7.4.1)."""
    await peer.send(close_frame(None))
    assert await peer.next_frame() == Received(FIN | CLOSE, b"")
    await peer.ended()


@pytest.mark.parametrize("name", CLOSES)
async def test_7_4_a_close_that_may_not_be_sent_fails_the_connection(peer, name):
    data, code = CLOSES[name]
    await peer.send(data)
    await peer.failed(code)


async def test_5_5_1_a_close_inside_a_message_ends_the_connection(peer):
    await peer.send(frame(TEXT, b'{"id":', fin=False) + close_frame(1001))
    await peer.failed(1001)


async def test_5_5_1_what_was_asked_before_the_close_is_answered_before_it(peer):
    await peer.send(frame(TEXT, question(1)) + frame(TEXT, question(2)) + close_frame(1000))
    await peer.answered(1, 2)
    await peer.failed(1000)


async def test_1_4_nothing_after_a_close_is_looked_at(peer):
    """Neither requests nor pings, nor what would be a fault, nor a second close."""
    await peer.send(
        close_frame(1000)
        + frame(TEXT, question(1))
        + frame(PING, b"x")
        + close_frame(3000)
        + frame(3, b"fault")
        + b"\xff\xff"
    )
    assert (await peer.next_frame()).close_code == 1000
    await peer.ended()


async def test_7_1_2_a_server_that_closes_says_so_and_waits_for_the_client(peer):
    """A message that is no request: the frames are right, so the handshake is kept to."""
    await peer.send(frame(TEXT, b"not JSON"))
    await peer.closed(CloseCode.MALFORMED)


async def test_5_5_1_after_its_close_the_server_sends_nothing_more(peer):
    await peer.send(frame(TEXT, b"not JSON"))
    while (await peer.next_frame()).first != FIN | CLOSE:
        pass
    await peer.send(frame(TEXT, question(1)) + frame(PING, b"x") + close_frame(1000))
    await peer.ended()


async def test_7_1_a_client_that_never_answers_a_close_is_cut_off(parlor):
    """`gateway.close_timeout_s`, one second here."""
    async with Peer.connect(parlor.port, head=request_head()) as peer:
        await peer.send(frame(TEXT, b"not JSON"))
        while (await peer.next_frame()).first != FIN | CLOSE:
            pass
        await peer.ended()


async def test_7_1_7_after_a_fault_not_even_a_close_is_processed(peer):
    """The code of the fault stays; the server does not wait for an answer."""
    await peer.send(frame(3) + close_frame(3333) + frame(TEXT, question(1)))
    await peer.failed(1002)


async def test_7_1_7_requests_before_the_fault_were_processed(peer):
    await peer.send(frame(TEXT, question(1)) + frame(CONTINUATION, b"x"))
    await peer.answered(1)
    await peer.failed(1002)


async def test_7_1_5_a_connection_that_breaks_off_harms_nobody(parlor, peer):
    for _ in range(5):
        async with Peer.connect(parlor.port, head=request_head()) as other:
            await other.send(frame(TEXT, question(1)) + frame(TEXT, question(2))[:9])
            other.reset()
    await peer.is_alive()
