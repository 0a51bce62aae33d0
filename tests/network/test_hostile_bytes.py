"""Noise, thrown by the hundred thousand, and clients that only take their time or never read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import socket
from pathlib import Path

import httpx
import msgspec
import pytest

from parlor.gateway.settings import GatewaySettings
from parlor.model.close import CloseCode
from parlor.wire.native import methods as wire
from parlor.wire.native.framing import build_framed
from parlor.wire.websocket import Opcode, build_masked
from tests.support.native_server import NativeServer, running_gateway
from tests.support.raw_websocket import RawWebSocket, upgrade_request
from tests.support.server import running_parlor

PATIENT = GatewaySettings(
    requests_per_second=1e9, request_burst=1 << 30, max_refusals=1 << 30, outbox_frames=1 << 16
)
HASTY = GatewaySettings(
    hello_timeout_s=0.6,
    first_byte_timeout_s=0.6,
    http_head_timeout_s=0.6,
    stall_timeout_s=0.8,
    close_timeout_s=0.5,
    requests_per_second=1e9,
    request_burst=1 << 30,
)
HELLO = '{"id":1,"method":"hello","params":{"token":"1:raw"}}'
ROUNDS, FRAMES, WARM_ROUND = 100, 1_000, 10


@pytest.fixture
async def server():
    async with running_gateway(PATIENT) as running, asyncio.timeout(120):
        yield running


@pytest.fixture
async def hasty():
    async with running_gateway(HASTY) as running, asyncio.timeout(30):
        yield running


def _resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def _noise(chance: random.Random, most: int = 60) -> bytes:
    return chance.randbytes(chance.randrange(most))


def _text_frame(chance: random.Random) -> bytes:
    method = chance.choice(["me.get", "room.join", _noise(chance, 12).decode("latin-1")])
    params = chance.choice(
        [{}, {"room": _noise(chance).decode("latin-1")}, {"ids": [None]}, 7, None]
    )
    request = {"id": chance.randrange(1 << 53), "method": method, "params": params}
    return build_masked(Opcode.TEXT, msgspec.json.encode(request), chance.randbytes(4))


async def _throw(server: NativeServer, first: bytes, frames: bytes) -> int:
    """How many bytes came back until the server closed or had nothing more to say."""
    reader, writer = await server.stream()
    writer.write(first + frames)
    with contextlib.suppress(OSError):
        writer.write_eof()
    count = 0
    with contextlib.suppress(ConnectionResetError):
        while part := await reader.read(1 << 20):
            count += len(part)
    writer.close()
    return count


async def _check_nothing_is_left(server: NativeServer, grown: int) -> None:
    async with asyncio.timeout(10):
        while server.gateway.admission.total > 1:
            await asyncio.sleep(0.01)
    assert server.gateway.hub.connections() == 1
    assert grown < 20 << 20


async def test_a_hundred_thousand_random_websocket_frames_crash_and_leak_nothing(server):
    chance = random.Random(6_455)
    hello = build_masked(Opcode.TEXT, HELLO.encode(), b"abcd")
    async with server.connected("2") as bystander:
        before = 0
        for number in range(ROUNDS):
            frames = b"".join(_text_frame(chance) for _ in range(FRAMES))
            assert await _throw(server, upgrade_request() + hello, frames) > 50 * FRAMES
            for _ in range(20):
                await _throw(server, upgrade_request() + hello, _noise(chance))
                await _throw(server, upgrade_request(), _noise(chance))
            if number == WARM_ROUND:
                before = _resident_bytes()
        grown = _resident_bytes() - before
        await bystander.request(wire.Heartbeat(), wire.HeartbeatResult)
        await _check_nothing_is_left(server, grown)


async def test_a_hundred_thousand_random_tcp_messages_crash_and_leak_nothing(server):
    chance = random.Random(793)
    hello = build_framed(msgspec.msgpack.encode([1, "hello", ["1:raw"]]))

    def message() -> bytes:
        method = chance.choice(["me.get", "room.join", _noise(chance, 12).decode("latin-1")])
        params = chance.choice([[], [_noise(chance)], [[None]], {}, 7])
        return build_framed(msgspec.msgpack.encode([chance.randrange(1 << 53), method, params]))

    async with server.connected("2") as bystander:
        before = 0
        for number in range(ROUNDS):
            frames = b"".join(message() for _ in range(FRAMES))
            assert await _throw(server, hello, frames) > 20 * FRAMES
            for _ in range(20):
                await _throw(server, hello, build_framed(_noise(chance)))
                await _throw(server, b"", b"\x00" + _noise(chance))
            if number == WARM_ROUND:
                before = _resident_bytes()
        grown = _resident_bytes() - before
        await bystander.request(wire.Heartbeat(), wire.HeartbeatResult)
        await _check_nothing_is_left(server, grown)


async def test_thousands_of_random_requests_crash_and_leak_nothing(server):
    chance = random.Random(9_112)
    whole = upgrade_request()
    async with server.connected("2") as bystander:
        for _ in range(1_000):
            damaged = bytearray(whole)
            for _ in range(chance.randrange(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            await _throw(server, b"", bytes(damaged))
            await _throw(server, b"GET /ws", _noise(chance))
            await _throw(server, b"", _noise(chance) + b"x")
        await bystander.request(wire.Heartbeat(), wire.HeartbeatResult)
        await _check_nothing_is_left(server, 0)


async def test_a_header_of_a_gigabyte_is_refused_at_once_and_keeps_nothing(server):
    frame = b"\x82\xff" + (1 << 30).to_bytes(8) + b"abcd"
    before = _resident_bytes()
    for _ in range(50):
        client = RawWebSocket(*await server.stream())
        client.raw(upgrade_request() + build_masked(Opcode.TEXT, HELLO.encode(), b"abcd") + frame)
        assert " 101 " in await client.head()
        assert await client.close_code() == CloseCode.TOO_BIG
        await client.close()
        reader, writer = await server.stream()
        hello = build_framed(msgspec.msgpack.encode([1, "hello", ["1:raw"]]))
        writer.write(hello + (1 << 30).to_bytes(4))
        assert b"too_big" in await reader.read()
        writer.close()
    assert _resident_bytes() - before < 10 << 20


async def test_a_client_that_only_takes_its_time_is_cut_off(hasty):
    """Head, first frame and first message, a byte at a time: each byte counts for nothing."""
    frame = build_masked(Opcode.TEXT, HELLO.encode(), b"abcd")
    message = build_framed(msgspec.msgpack.encode([1, "hello", ["1:raw"]]))
    for first, slowly in [
        (b"", upgrade_request()),
        (upgrade_request()[:-2], b"x" * 100),
        (upgrade_request(), frame),
        (message[:1], message[1:]),
    ]:
        reader, writer = await hasty.stream()
        writer.write(first)
        began = asyncio.get_running_loop().time()
        drip = asyncio.create_task(_drip(writer, slowly))
        with contextlib.suppress(ConnectionResetError):
            while await reader.read(65_536):
                continue
        took_s = asyncio.get_running_loop().time() - began
        assert 0.5 < took_s < 5
        drip.cancel()
        writer.close()


async def _drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.2)


async def test_a_client_that_never_reads_its_replies_is_closed_alone(hasty):
    request = build_masked(Opcode.TEXT, b'{"id":2,"method":"conversation.list"}', b"abcd")
    first = upgrade_request() + build_masked(Opcode.TEXT, HELLO.encode(), b"abcd")
    async with hasty.connected("2") as bystander:
        with _deaf_socket(hasty.port) as sock:
            await asyncio.get_running_loop().sock_sendall(sock, first)
            with contextlib.suppress(OSError):
                async with asyncio.timeout(10):
                    while hasty.gateway.hub.connections() < 2:
                        await asyncio.sleep(0.01)
                    while hasty.gateway.hub.connections() > 1:
                        await asyncio.get_running_loop().sock_sendall(sock, request * 200)
                        await asyncio.sleep(0)
            await bystander.request(wire.Heartbeat(), wire.HeartbeatResult)
            async with asyncio.timeout(10):
                while hasty.gateway.admission.total > 1:
                    await asyncio.sleep(0.02)


async def test_an_http_client_that_never_reads_its_answers_is_cut_off(tmp_path):
    """In a real server, which has answers that no kernel keeps all of: 50 times some 100 kB."""
    requests = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 50
    stall = ("--set", "gateway.stall_timeout_s=1")
    async with running_parlor(tmp_path, stall) as server, asyncio.timeout(30):
        with _deaf_socket(server.port) as sock:
            await asyncio.get_running_loop().sock_sendall(sock, requests)
            stalled = ""
            while "http_connections_stalled_total 1.0" not in stalled:
                await asyncio.sleep(0.05)
                async with httpx.AsyncClient(base_url=server.url) as bystander:
                    stalled = (await bystander.get("/metrics")).text


def _deaf_socket(port: int) -> socket.socket:
    """Its kernel keeps little, and nobody reads it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    sock.connect(("127.0.0.1", port))
    sock.setblocking(False)
    return sock


async def test_noise_before_anything_is_known_is_closed_at_once(server):
    for first in (
        b"\xff",
        b"\x01",
        b"\r\n\r\n\x00\r\nQUIT\n!\x11",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    ):
        reader, writer = await server.stream()
        writer.write(first + os.urandom(40))
        answer = await reader.read()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
        writer.close()
