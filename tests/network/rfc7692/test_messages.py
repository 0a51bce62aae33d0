"""RFC 7692 §6 and §7.2: compressed messages, in both directions, and those that are none."""

import json
import random

import pytest

from tests.support.deflated import packed, unpacked
from tests.support.wire_peer import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    PONG,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    Peer,
    Received,
    frame,
    question,
    request_head,
)


def compressed(payload: bytes, **how) -> bytes:
    return frame(TEXT, packed(payload, **how), rsv=RSV1)


async def replied(peer: Peer, *ids: int) -> None:
    """The next messages, each compressed by itself or not at all, answer these requests."""
    for wanted in ids:
        received = await peer.next_frame()
        payload = unpacked(received.payload) if received.first & RSV1 else received.payload
        assert received.first in {FIN | TEXT, FIN | TEXT | RSV1}
        assert json.loads(payload)["id"] == wanted


@pytest.mark.parametrize("level", [1, 6, 9])
@pytest.mark.parametrize("size", [60, 125, 126, 1_000, 70_000, 131_072])
async def test_7_2_2_a_compressed_message_is_read(peer, size, level):
    await peer.send(compressed(question(1, size), level=level))
    await replied(peer, 1)


async def test_7_2_3_blocks_of_every_kind_are_read(peer):
    """§7.2.3.3: stored; §7.2.3.4: marked as last; §7.2.3.5: several."""
    whole = question(2)
    stored = b"\0" + len(whole).to_bytes(2, "little") + (0xFFFF ^ len(whole)).to_bytes(2, "little")
    await peer.send(frame(TEXT, stored + whole + b"\0", rsv=RSV1))
    await peer.send(compressed(whole, final=True))
    await peer.send(frame(TEXT, packed(whole[:9]) + b"\0\0\xff\xff" + packed(whole[9:]), rsv=RSV1))
    await replied(peer, 2, 2, 2)


async def test_7_2_1_no_message_of_the_server_needs_an_earlier_one(peer):
    """§7.1.1.1; a receiver that was not there before can read it."""
    for number in range(5):
        await peer.send(compressed(question(number)))
        received = await peer.next_frame()
        assert received.first == FIN | RSV1 | TEXT
        assert json.loads(unpacked(received.payload))["id"] == number


async def test_7_1_1_2_a_message_that_needs_an_earlier_one_is_refused(peer):
    """`Hello` of §7.2.3.2 twice, the second from the window of the first."""
    hello = bytes.fromhex("f248cdc9c90700")
    again = bytes.fromhex("f200110000")
    await peer.send(frame(PING, b"") + frame(TEXT, again, rsv=RSV1) + frame(TEXT, hello, rsv=RSV1))
    assert (await peer.next_frame()).first == FIN | PONG
    await peer.failed(1007)


async def test_6_plain_messages_may_come_between_compressed_ones(peer):
    await peer.send(compressed(question(1)) + frame(TEXT, question(2)) + compressed(question(3)))
    await replied(peer, 1, 2, 3)


async def test_6_what_is_not_worth_it_is_sent_plain(peer):
    """A pong always is (§6.1)."""
    await peer.send(frame(PING, b"x" * 125))
    assert await peer.next_frame() == Received(FIN | PONG, b"x" * 125)


@pytest.mark.parametrize("seed", range(4))
async def test_6_1_a_compressed_message_may_come_in_fragments_with_pings_between(peer, seed):
    """RSV1 is on the first of them only."""
    chance = random.Random(seed)
    whole = packed(question(4, 300))
    cuts = sorted(chance.sample(range(len(whole) + 1), 5))
    for number, (start, stop) in enumerate(zip([0, *cuts], [*cuts, len(whole)], strict=True)):
        opcode, rsv = (CONTINUATION, 0) if number else (TEXT, RSV1)
        await peer.send(frame(opcode, whole[start:stop], fin=number == len(cuts), rsv=rsv))
        if number < len(cuts):
            await peer.send(frame(PING, b"%d" % number))
            assert await peer.next_frame() == Received(FIN | PONG, b"%d" % number)
    await replied(peer, 4)


async def test_6_1_the_last_fragment_may_be_empty(peer):
    await peer.send(frame(TEXT, packed(question(5)), fin=False, rsv=RSV1) + frame(CONTINUATION))
    await replied(peer, 5)


FAULTS = {
    **{
        f"6.1 RSV1 on opcode {opcode:#x}": (frame(opcode, rsv=RSV1), 1002)
        for opcode in (CONTINUATION, *range(3, 16))
    },
    "6.1 RSV1 on a later fragment": (
        frame(TEXT, packed(question(1))[:5], fin=False, rsv=RSV1)
        + frame(CONTINUATION, packed(question(1))[5:], rsv=RSV1),
        1002,
    ),
    "6.1 RSV1 on the continuation of a plain message": (
        frame(TEXT, question(1)[:5], fin=False) + frame(CONTINUATION, b"x", rsv=RSV1),
        1002,
    ),
    "6.1 RSV1 on a ping inside": (
        frame(TEXT, packed(question(1)), fin=False, rsv=RSV1) + frame(PING, rsv=RSV1),
        1002,
    ),
    **{
        f"5.2 rsv {bits:#x} besides": (frame(TEXT, packed(question(1)), rsv=bits), 1002)
        for bits in (RSV2, RSV3, RSV1 | RSV2, RSV1 | RSV3, RSV1 | RSV2 | RSV3)
    },
    "6.1 RSV1 on a close": (frame(CLOSE, b"\x03\xe8", rsv=RSV1), 1002),
    "7.2.2 not DEFLATE": (frame(TEXT, b"\xff" * 20, rsv=RSV1), 1007),
    "7.2.2 a request that is not compressed": (frame(TEXT, question(1), rsv=RSV1), 1007),
    "7.2.2 cut off": (frame(TEXT, packed(question(1, 500))[:-4], rsv=RSV1), 1007),
    "7.2.2 a bad length of a stored block": (frame(TEXT, b"\0\5\0\0\0hello", rsv=RSV1), 1007),
    "7.2.2 a tree that is none": (frame(TEXT, b"\x05\xff\xff\xff", rsv=RSV1), 1007),
    "7.2.2 further back than the beginning": (frame(TEXT, b"\x03\x02\0", rsv=RSV1), 1007),
    "7.2.3.4 a thousand blocks marked as last": (
        frame(TEXT, b"\x03\0" * 1_000 + b"\0", rsv=RSV1),
        1007,
    ),
    "8.1 not UTF-8 once it is inflated": (compressed(b'{"id":1,"x":"\xff"}'), 1007),
    "8.1 a surrogate": (compressed(b'{"id":1,"x":"\xed\xa0\x80"}'), 1007),
    "10.4 inflates to a byte over the limit": (compressed(question(1, 131_073)), 1009),
    "10.4 inflates to 16 MB": (compressed(bytes(1 << 24), level=9), 1009),
    "10.4 over the limit in fragments": (
        frame(TEXT, packed(question(1, 100_000)) + b"\0\0\xff\xff", fin=False, rsv=RSV1)
        + frame(CONTINUATION, packed(b"y" * 50_000)),
        1009,
    ),
    "10.4 a frame over the limit, compressed or not": (
        frame(TEXT, length=b"\x7f" + (1 << 30).to_bytes(8), rsv=RSV1),
        1009,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_7_2_2_what_is_no_compressed_message_fails_the_connection(peer, name):
    data, code = FAULTS[name]
    await peer.send(data + frame(TEXT, question(2)))
    await peer.failed(code)


async def test_7_2_3_6_an_empty_message_is_one_byte(parlor):
    """Here nobody may send it (it is no request): the reader took it, the protocol refused it."""
    head = request_head(extra=["Sec-WebSocket-Extensions: permessage-deflate"])
    for payload in (b"\0", b"", b"\x02\0"):
        async with Peer.connect(parlor.port, head=head) as peer:
            await peer.send(frame(TEXT, payload, rsv=RSV1))
            received = await peer.next_frame()
            while received.first & 0x0F == TEXT:
                received = await peer.next_frame()
            assert received.close_code == 4205


async def test_6_binary_messages_are_compressed_too(parlor):
    head = request_head(
        Sec_WebSocket_Protocol="parlor.v1.msgpack",
        extra=["Sec-WebSocket-Extensions: permessage-deflate"],
    )
    async with Peer.connect(parlor.port, head=head) as peer:
        await peer.send(frame(BINARY, packed(b"\x92\x07\xa9heartbeat"), rsv=RSV1))
        received = await peer.next_frame()
        body = unpacked(received.payload) if received.first & RSV1 else received.payload
        assert (received.first & 0x0F, body[1]) == (BINARY, 7)
