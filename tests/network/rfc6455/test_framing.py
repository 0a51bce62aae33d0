"""RFC 6455 §5.1 to §5.3, §5.6, §6, §10.4: single frames."""

import itertools
import json
import os

import pytest

from parlor.model.close import CloseCode
from tests.support.frame_faults import LENGTHS, MASKS, OPCODES, RESERVED, TOO_BIG
from tests.support.wire_peer import BINARY, CLOSE, FIN, PING, PONG, TEXT, Received, frame, question

MAX_MESSAGE_BYTES = 131_072


async def _fails(peer, fault):
    """Behind the fault comes what must not be processed any more (§7.1.7)."""
    data, code = fault
    await peer.send(data + frame(TEXT, question(5)))
    await peer.failed(code)


@pytest.mark.parametrize("name", MASKS)
async def test_5_1_an_unmasked_client_frame_fails_the_connection(peer, name):
    await _fails(peer, MASKS[name])


async def test_5_1_no_server_frame_is_masked(peer):
    """`Peer` reads every frame of the suite so; here: an answer, a pong and a close."""
    await peer.send(frame(TEXT, question(1)) + frame(PING, b"p") + frame(BINARY, b"\0"))
    kinds = [(await peer.next_frame()).first for _ in range(3)]
    assert kinds == [FIN | TEXT, FIN | PONG, FIN | CLOSE]


@pytest.mark.parametrize("name", RESERVED)
async def test_5_2_a_reserved_bit_fails_the_connection(peer, name):
    await _fails(peer, RESERVED[name])


@pytest.mark.parametrize("name", OPCODES)
async def test_5_2_an_unknown_opcode_fails_the_connection(peer, name):
    await _fails(peer, OPCODES[name])


@pytest.mark.parametrize("name", LENGTHS)
async def test_5_2_a_length_that_is_not_minimal_or_has_its_highest_bit_fails_the_connection(
    peer, name
):
    await _fails(peer, LENGTHS[name])


@pytest.mark.parametrize(
    "size", [60, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, MAX_MESSAGE_BYTES]
)
async def test_5_2_every_form_of_a_length_is_read(peer, size):
    message = question(7, size)
    assert len(message) == size
    await peer.send(frame(TEXT, message) + frame(TEXT, question(8)))
    await peer.answered(7, 8)


@pytest.mark.parametrize("size", range(126))
async def test_5_2_every_short_length_comes_back_in_a_pong(peer, size):
    payload = os.urandom(size)
    await peer.send(frame(PING, payload))
    assert await peer.next_frame() == Received(FIN | PONG, payload)


@pytest.mark.parametrize(
    "key",
    [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0", b"\x37\xfa\x21\x3d", b'{":,'],
)
async def test_5_3_the_mask_is_removed_whatever_the_key_and_the_length(peer, key):
    """Every length modulo 4, so every turn of the key."""
    sizes = range(80, 88)
    for number, size in enumerate(sizes):
        await peer.send(frame(TEXT, question(number, size), key=key))
    await peer.answered(*range(len(sizes)))


@pytest.mark.parametrize("keep", [0, 1])
async def test_5_3_each_frame_has_its_own_key(peer, keep):
    keys = [bytes(key) for key in itertools.permutations(b"\x01\x40\x99\xff")]
    payloads = [os.urandom(9 + keep) for _ in keys]
    for key, payload in zip(keys, payloads, strict=True):
        await peer.send(frame(PING, payload, key=key))
        assert await peer.next_frame() == Received(FIN | PONG, payload)


async def test_5_6_binary_where_text_was_agreed_is_refused_as_such(peer):
    """1003 (§7.4.1): the frame is right, its type is not what this subprotocol has."""
    await peer.send(frame(BINARY, question(1)))
    await peer.closed(CloseCode.UNSUPPORTED)


async def test_5_6_binary_is_not_looked_at_as_text(binary_peer):
    """A request in MessagePack with bytes that no UTF-8 has: [5, "heartbeat", [<32 bytes>]]."""
    request = b"\x93\x05\xa9heartbeat\x91\xc4\x20" + b"\xff\xc0\xed\xa0" * 8
    await binary_peer.send(frame(BINARY, request))
    received = await binary_peer.next_frame()
    assert received.first == FIN | BINARY
    assert received.payload[1] == 5


async def test_5_6_text_where_binary_was_agreed_is_refused_as_such(binary_peer):
    await binary_peer.send(frame(TEXT, b"text"))
    await binary_peer.closed(CloseCode.UNSUPPORTED)


async def test_6_2_messages_are_taken_in_the_order_of_their_frames(peer):
    await peer.send(b"".join(frame(TEXT, question(number)) for number in range(50)))
    await peer.answered(*range(50))


async def test_6_1_what_the_server_says_is_a_whole_text_message_of_utf_8(peer):
    await peer.send(frame(TEXT, question(3)))
    received = await peer.next_frame()
    assert received.first == FIN | TEXT
    assert json.loads(received.payload.decode())["id"] == 3


@pytest.mark.parametrize("name", TOO_BIG)
async def test_10_4_what_is_over_the_limit_fails_by_its_header(peer, name):
    data, code = TOO_BIG[name]
    await peer.send(data)
    await peer.failed(code)
