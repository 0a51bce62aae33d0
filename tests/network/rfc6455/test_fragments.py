"""RFC 6455 §5.4: messages in pieces, and what may come between them."""

import random

import pytest

from tests.support.frame_faults import FRAGMENTS, ORPHANS
from tests.support.wire_peer import (
    BINARY,
    CONTINUATION,
    FIN,
    PING,
    PONG,
    TEXT,
    Received,
    frame,
    question,
)


def fragments(opcode: int, *pieces: bytes) -> list[bytes]:
    last = len(pieces) - 1
    return [
        frame(CONTINUATION if n else opcode, piece, fin=n == last) for n, piece in enumerate(pieces)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 60])
async def test_5_4_fragments_are_joined_in_their_order(peer, count):
    whole = question(11)
    pieces = [whole[at : at + 1] for at in range(count - 1)] + [whole[count - 1 :]]
    await peer.send(b"".join(fragments(TEXT, *pieces)) + frame(TEXT, question(12)))
    await peer.answered(11, 12)


async def test_5_4_a_message_may_be_cut_at_any_byte(peer):
    whole = question(1)
    for at in range(len(whole) + 1):
        await peer.send(b"".join(fragments(TEXT, whole[:at], whole[at:])))
        await peer.answered(1)


async def test_5_4_fragments_may_be_empty_wherever_they_stand(peer):
    whole = question(2)
    await peer.send(b"".join(fragments(TEXT, b"", b"", whole[:9], b"", whole[9:], b"")))
    await peer.answered(2)


async def test_5_4_fragments_need_not_come_together(peer):
    whole = question(3)
    for piece in fragments(TEXT, whole[:10], whole[10:20], whole[20:]):
        await peer.send(piece)
    await peer.answered(3)


async def test_5_4_binary_messages_come_in_fragments_too(binary_peer):
    request = b"\x92\x07\xa9heartbeat"
    await binary_peer.send(b"".join(fragments(BINARY, request[:1], request[1:6], request[6:])))
    received = await binary_peer.next_frame()
    assert (received.first, received.payload[1]) == (FIN | BINARY, 7)


@pytest.mark.parametrize("seed", range(5))
async def test_5_4_control_frames_between_fragments_are_handled_at_once(peer, seed):
    """Each ping is sent and answered while the message around it is unfinished."""
    chance = random.Random(seed)
    whole = question(4, 200)
    cuts = sorted(chance.sample(range(len(whole)), 6))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    for number, piece in enumerate(fragments(TEXT, *pieces)):
        await peer.send(piece)
        if number < len(pieces) - 1:
            payload = chance.randbytes(chance.choice([0, 1, 125]))
            await peer.send(frame(PONG, b"unasked") + frame(PING, payload))
            assert await peer.next_frame() == Received(FIN | PONG, payload)
    await peer.answered(4)


@pytest.mark.parametrize("name", FRAGMENTS)
async def test_5_4_the_fragments_of_two_messages_do_not_interleave(peer, name):
    data, code = FRAGMENTS[name]
    await peer.send(data)
    await peer.failed(code)


@pytest.mark.parametrize("name", ORPHANS)
async def test_5_4_a_continuation_continues_something(peer, name):
    data, code = ORPHANS[name]
    await peer.send(data)
    await peer.failed(code)


async def test_5_4_a_message_that_has_ended_has_no_continuation(peer):
    pieces = b"".join(fragments(TEXT, question(1)[:5], question(1)[5:]))
    await peer.send(pieces + frame(CONTINUATION, b"x"))
    await peer.answered(1)
    await peer.failed(1002)


async def test_5_4_all_fragments_have_the_type_of_the_first(peer):
    """The continuation of a text is text: a byte that is not UTF-8 fails it."""
    await peer.send(frame(TEXT, b'{"id":', fin=False) + frame(CONTINUATION, b"\xff"))
    await peer.failed(1007)
