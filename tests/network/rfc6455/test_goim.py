"""What of RFC 6455 the goim listener keeps to: all that a goim client could rely on.

It is as liberal as goim (unmasked frames, continuations of nothing, text that is not UTF-8) and as
silent: it never sends a close frame or an HTTP error (docs/goim.md). So a fault is a bare end.
"""

from collections.abc import AsyncIterator

import pytest

from tests.support.frame_faults import FRAMING
from tests.support.goim_client import Packet, packet, split
from tests.support.wire_peer import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    PONG,
    SAMPLE_ACCEPT,
    TEXT,
    Peer,
    Received,
    frame,
    request_head,
)

SUBPROTOCOL = "Sec-WebSocket-Protocol"
LOGIN = packet(7, b'{"mid":1}')
LOGGED_IN = Packet(8, b"", 1, 1)


def head(target: str = "/sub", without=(), **changes) -> bytes:
    return request_head(target=target, without=[SUBPROTOCOL, *without], **changes)


def beat(seq: int) -> bytes:
    return frame(BINARY, packet(2, seq=seq))


@pytest.fixture
async def goim(goim_port: int, one_by_one: bool) -> AsyncIterator[Peer]:
    async with Peer.connect(goim_port, one_by_one=one_by_one, head=head()) as opened:
        yield opened


async def logged_in(peer: Peer) -> None:
    await peer.send(frame(BINARY, LOGIN))
    assert await said(peer) == LOGGED_IN


async def said(peer: Peer) -> Packet:
    received = await peer.next_frame()
    assert received.first == FIN | BINARY
    (found,) = split(received.payload)
    return found


ACCEPTED = {
    "the usual": head(),
    "Upgrade in another case": head(Upgrade="WebSocket"),
    "Connection as Firefox sends it": head(Connection="keep-alive, Upgrade"),
    "Connection in two lines": head(extra=["Connection: keep-alive"]),
    "any Origin": head(Origin="https://elsewhere.example"),
    "a subprotocol": request_head(target="/sub"),
    "extensions": head(extra=["Sec-WebSocket-Extensions: permessage-deflate, x; y=1"]),
}


@pytest.mark.parametrize("name", ACCEPTED)
async def test_4_2_2_goim_accepts_a_correct_handshake(goim_port, one_by_one, name):
    async with Peer.connect(goim_port, one_by_one=one_by_one) as peer:
        await peer.send(ACCEPTED[name] + frame(BINARY, LOGIN))
        answer = await peer.answer()
        assert (answer.status, answer.all("Sec-WebSocket-Accept")) == (101, [SAMPLE_ACCEPT])
        assert answer.all(SUBPROTOCOL) == answer.all("Sec-WebSocket-Extensions") == []
        assert await said(peer) == LOGGED_IN


REFUSED = {
    "POST": head(method="POST"),
    "HTTP/1.0": head(version="HTTP/1.0"),
    "no Host": head(without=["Host"]),
    "no Upgrade": head(without=["Upgrade"]),
    "no Connection": head(without=["Connection"]),
    "no key": head(without=["Sec-WebSocket-Key"]),
    "a short key": head(Sec_WebSocket_Key="AAAA"),
    "two keys": head(extra=["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]),
    "another version": head(Sec_WebSocket_Version="8"),
    "no version": head(without=["Sec-WebSocket-Version"]),
    "another path": head(target="/ws"),
    "an extension that is none": head(extra=["Sec-WebSocket-Extensions: ;"]),
    "a line without a colon": head(extra=["nonsense"]),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_4_2_1_goim_hangs_up_on_any_other(goim_port, one_by_one, name):
    async with Peer.connect(goim_port, one_by_one=one_by_one) as peer:
        await peer.send(REFUSED[name])
        await peer.ended()


@pytest.mark.parametrize("name", FRAMING)
async def test_5_2_goim_ends_at_a_fault_and_says_nothing(goim, name):
    await logged_in(goim)
    await goim.send(FRAMING[name][0] + beat(2))
    await goim.ended()


async def test_5_2_what_came_before_a_fault_is_answered(goim):
    await logged_in(goim)
    await goim.send(beat(2) + beat(3) + frame(3))
    assert [(await said(goim)).seq for _ in range(2)] == [2, 3]
    await goim.ended()


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CONTINUATION])
@pytest.mark.parametrize("masked", [True, False])
async def test_5_6_goim_looks_at_neither_type_nor_mask(goim, opcode, masked):
    await goim.send(frame(opcode, LOGIN, masked=masked))
    assert await said(goim) == LOGGED_IN
    await goim.send(frame(opcode, packet(4, b"\xff\xfe\xed\xa0\x80"), masked=masked))
    assert (await said(goim)).op == 4


async def test_5_4_goim_joins_fragments_and_answers_pings_between_them(goim):
    await goim.send(frame(BINARY, LOGIN[:3], fin=False))
    await goim.send(frame(PING, b"there?") + frame(PONG, b"unasked"))
    assert await goim.next_frame() == Received(FIN | PONG, b"there?")
    await goim.send(frame(CONTINUATION, LOGIN[3:20], fin=False) + frame(CONTINUATION, LOGIN[20:]))
    assert await said(goim) == LOGGED_IN


@pytest.mark.parametrize("size", [1, 100, 109, 110, 111, 4_080, 4_096])
async def test_5_2_goim_reads_every_form_of_a_length(goim, size):
    """A goim frame has 16 bytes more, so 126 is among them; 4,096 is its own limit."""
    await logged_in(goim)
    await goim.send(frame(BINARY, packet(4, b"x" * size)) + beat(9))
    assert [(await said(goim)).op for _ in range(2)] == [4, 3]


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x03\xe8bye", b"\x0f\xa0"])
async def test_5_5_1_goim_ends_at_a_close_without_one_of_its_own(goim, payload):
    await logged_in(goim)
    await goim.send(frame(CLOSE, payload) + beat(2))
    await goim.ended()
