"""goim v2 byte by byte over real sockets: frames, transports, hostile input."""

from __future__ import annotations

import asyncio
import random
import resource
import struct
from pathlib import Path

import pytest

from tests.support.goim_client import (
    UPGRADE,
    GoimTcp,
    GoimWebSocket,
    Packet,
    messages,
    packet,
    split,
)
from tests.support.goim_door import goim_door

DEMO_LOGIN = b'{"mid":123, "room_id":"live://1000", "platform":"web", "accepts":[1000,1001,1002]}'
LOGIN = bytes.fromhex("00000062001000010000000700000001") + DEMO_LOGIN
LOGIN_REPLY = bytes.fromhex("00000010001000010000000800000001")
HEARTBEAT = bytes.fromhex("00000010001000010000000200000001")
HEARTBEAT_REPLY_1 = bytes.fromhex("0000001400100001000000030000000100000001")
PUSH_HI = bytes.fromhex("0000001200100001000003e8000000006869")
WRAPPED_HI = bytes.fromhex("00000022001000010000000900000000") + PUSH_HI


async def test_a_tcp_client_logs_in_and_beats_with_goims_own_bytes():
    """P01."""
    async with goim_door() as door, await door.tcp() as client:
        client.send_bytes(LOGIN)
        assert await client.read_exactly(16) == LOGIN_REPLY
        client.send_bytes(HEARTBEAT)
        assert await client.read_exactly(20) == HEARTBEAT_REPLY_1
        await door.push("room", "operation=1000&type=live&room=1000")
        assert await client.read_exactly(len(PUSH_HI)) == PUSH_HI


async def test_frames_may_be_cut_anywhere():
    """P01."""
    async with goim_door() as door, await door.tcp() as client:
        for byte in LOGIN + HEARTBEAT:
            client.send_bytes(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(0)
        assert await client.read_exactly(36) == LOGIN_REPLY + HEARTBEAT_REPLY_1


async def test_a_websocket_client_gets_the_same_frames_and_pushes_as_operation_9():
    """P02."""
    async with goim_door() as door, await door.websocket() as client:
        client.send(LOGIN)
        assert await client.read_message() == (2, LOGIN_REPLY)
        client.send(HEARTBEAT)
        assert await client.read_message() == (2, HEARTBEAT_REPLY_1)
        for what, query in (
            ("mids", "operation=1000&mids=123"),
            ("room", "operation=1000&type=live&room=1000"),
            ("all", "operation=1000"),
        ):
            await door.push(what, query)
            assert await client.read_message() == (2, WRAPPED_HI)


async def test_what_follows_the_upgrade_in_its_segment_is_not_lost():
    """P02."""
    async with goim_door() as door:
        client = await GoimTcp.connect(door.port("ws"))
        masked = b"\x82\xe2\0\0\0\0" + LOGIN
        client.send_bytes(UPGRADE.format(path="/sub", more="").encode() + masked)
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        assert await client.read_exactly(18) == b"\x82\x10" + LOGIN_REPLY
        await client.close()


@pytest.mark.parametrize(("opcode", "masked"), [(1, True), (2, False), (0, True), (1, False)])
async def test_text_continuation_and_unmasked_frames_are_taken(opcode: int, masked: bool):
    """P02, goim §2.5; the replies are binary all the same."""
    async with goim_door() as door, await door.websocket() as client:
        client.send(LOGIN, opcode, masked=masked)
        assert await client.read_message() == (2, LOGIN_REPLY)
        client.send(packet(4, b"\xff\xfe\x00"), opcode, masked=masked)
        assert await client.read() == Packet(4, b"", 1, 1)


async def test_a_message_may_come_in_fragments_with_a_ping_between():
    """P02."""
    async with goim_door() as door, await door.websocket() as client:
        client.send(LOGIN[:10], 2, fin=False)
        client.send(b"are you there", 9)
        assert await client.read_message() == (10, b"are you there")
        client.send(LOGIN[10:50], 0, fin=False)
        client.send(LOGIN[50:], 0)
        assert await client.read_message() == (2, LOGIN_REPLY)


async def test_one_frame_of_a_message_is_looked_at():
    """P02, goim §2.5."""
    async with goim_door() as door, await door.websocket(mid=1) as client:
        client.send(packet(4, b"", seq=5) + packet(4, b"", seq=6))
        assert await client.ask(2, seq=7) == Packet(4, b"", 1, 5)
        assert (await client.read()).seq == 7


@pytest.mark.parametrize(
    "request_head",
    [
        UPGRADE.format(path="/sub?x=1", more=""),
        UPGRADE.format(path="/", more=""),
        UPGRADE.format(path="/sub", more="").replace("GET", "POST"),
        UPGRADE.format(path="/sub", more="").replace("Version: 13", "Version: 8"),
        UPGRADE.format(path="/sub", more="").replace("Upgrade: websocket", "Upgrade: h2c"),
        UPGRADE.format(path="/sub", more="").replace("Connection: Upgrade", "Connection: close"),
        UPGRADE.format(path="/sub", more="").replace("Sec-WebSocket-Key", "Key"),
        UPGRADE.format(path="/sub", more="X: " + "x" * 9000 + "\r\n"),
        "\x16\x03\x01 this is no HTTP\r\n\r\n",
    ],
)
async def test_a_request_that_is_none_is_closed_without_an_answer(request_head: str):
    """P02, goim §2.5."""
    async with goim_door() as door:
        client = await GoimTcp.connect(door.port("ws"))
        client.send_bytes(request_head.encode("latin-1"))
        assert await client.read_to_end() == b""
        await client.close()


async def test_a_close_frame_ends_the_connection_without_one_in_answer():
    """P02, goim §2.4."""
    async with goim_door() as door, await door.websocket(mid=1) as client:
        client.send((1000).to_bytes(2), 8)
        assert await client.read_to_end() == b""


async def test_4096_bytes_of_body_are_taken_and_4097_close():
    """P24."""
    async with goim_door() as door:
        for client in (await door.tcp(mid=1), await door.websocket(mid=2)):
            assert await client.ask(4, b"x" * 4096) == Packet(4, b"", 1, 1)
            client.send(packet(4, b"x" * 4097))
            assert await client.read_to_end() == b""
            await client.close()


MALFORMED = [
    struct.pack(">ihhii", 16, 15, 1, 4, 1),
    struct.pack(">ihhii", 16, 17, 1, 4, 1),
    struct.pack(">ihhii", 16, -1, 1, 4, 1),
    struct.pack(">ihhii", 15, 16, 1, 4, 1),
    struct.pack(">ihhii", 0, 16, 1, 4, 1),
    struct.pack(">ihhii", -1, 16, 1, 4, 1),
    struct.pack(">ihhii", -(1 << 31), 16, 1, 4, 1),
    struct.pack(">ihhii", 4113, 16, 1, 4, 1),
    struct.pack(">ihhii", (1 << 31) - 1, 16, 1, 4, 1),
]


@pytest.mark.parametrize("header", MALFORMED)
async def test_a_malformed_frame_closes_and_the_good_one_before_it_is_answered(header: bytes):
    """P24."""
    async with goim_door() as door:
        client = await door.tcp(mid=1)
        client.send_bytes(packet(4, b"good", seq=8) + header + b"secret" * 3)
        assert split(await client.read_to_end()) == [Packet(4, b"", 1, 8)]
        await client.close()
        client2 = await door.websocket(mid=2)
        client2.send(header + b"secret" * 3)
        assert await client2.read_to_end() == b""
        await client2.close()


async def test_a_frame_longer_than_its_message_closes_and_nothing_stale_is_echoed():
    """P24. goim hands out bytes of earlier messages here; op 12 would echo them."""
    async with goim_door() as door, await door.websocket(mid=1) as client:
        assert (await client.ask(12, b"live://of-somebody")).body == b"live://of-somebody"
        client.send(struct.pack(">ihhii", 16 + 18, 16, 1, 12, 1) + b"live")
        assert await client.read_to_end() == b""


async def test_a_message_shorter_than_a_header_closes():
    """P24."""
    async with goim_door() as door:
        for message in (b"", b"\0", LOGIN[:15]):
            client = await door.websocket()
            client.send(message)
            assert await client.read_to_end() == b""
            await client.close()


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc2\x80\0\0\0\0",  # a reserved bit
        b"\x83\x80\0\0\0\0",  # a reserved opcode
        b"\x82\xff" + (1 << 40).to_bytes(8) + b"\0\0\0\0",  # a frame without end
        b"\x82\xfe" + (8193).to_bytes(2) + b"\0\0\0\0",  # over the read buffer
        b"\x89\xfe" + (126).to_bytes(2) + b"\0\0\0\0",  # an over-long ping
    ],
)
async def test_a_bad_websocket_frame_closes(frame: bytes):
    """P24."""
    async with goim_door() as door, await door.websocket(mid=1) as client:
        client.send_bytes(frame)
        assert await client.read_to_end() == b""


async def test_a_segment_of_thousands_of_requests_is_answered_in_full():
    """P24. A client that does not read its replies stops being read, and is not cut off."""
    async with goim_door() as door, await door.tcp(mid=1) as client:
        for seq in range(20_000):
            client.send_bytes(packet(2, b"", seq=seq))
        replies = split(await client.read_exactly(20_000 * 20))
        assert [reply.seq for reply in replies] == list(range(20_000))


def _damaged(chance: random.Random, *, lengths: bool) -> bytes:
    """A frame with a changed byte; `lengths`: among those that say how long it is."""
    body = chance.randbytes(chance.choice([0, 3, 20, 200]))
    frame = bytearray(packet(chance.choice([2, 4, 12, 14, 16, 1000]), body))
    at = chance.randrange(6) if lengths else chance.randrange(6, len(frame))
    frame[at] ^= chance.randrange(1, 256)
    return bytes(frame)


async def _throw(client: GoimTcp | GoimWebSocket, frames: list[bytes]) -> int:
    """Send them all, say that there is no more, and count what comes back before the end."""
    for frame in frames:
        client.send(frame)
    client.writer.write_eof()
    answer = await client.read_to_end(timeout_s=30)
    await client.close()
    return len(split(answer) if isinstance(client, GoimTcp) else messages(answer))


def _resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


async def test_a_hundred_thousand_damaged_frames_crash_and_leak_nothing():
    """P24: 98,000 frames with damaged contents, 2,000 with damaged lengths."""
    chance = random.Random(20_211)
    async with goim_door() as door, await door.tcp(mid=1, accepts=[1000]) as witness:
        before = 0
        for round_number in range(49):
            frames = [_damaged(chance, lengths=False) for _ in range(1_000)]
            # Operation 9 alone is not answered over TCP, operation 7 has a meaning of its own.
            assert await _throw(await door.tcp(mid=2), frames) > 900
            assert await _throw(await door.websocket(mid=3), frames) > 900
            for _ in range(20):
                hostile = [_damaged(chance, lengths=True)]
                await _throw(await door.tcp(mid=4), hostile)
                await _throw(await door.websocket(mid=5), hostile)
            if round_number == 10:
                before = _resident_bytes()
        grown = _resident_bytes() - before
        await door.push("mids", "operation=1000&mids=1")
        assert (await witness.read()).body == b"hi"
        assert door.gateway.hub.connections() == 1
        # The witness, and the HTTP connection that pushed.
        assert door.gateway.admission.total == 2
        assert grown < 20 << 20
