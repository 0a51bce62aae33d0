"""P09: a peer whose packets are lost, between two machines made of network namespaces."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.wire_cutter import SERVER_ADDRESS, Cable, cable, inside

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

LIMIT_S = 10.0
"""Two unanswered probes a second apart after one idle second, and room for a busy machine."""

# Everything speaks once and then keeps quiet: nothing but the kernel can find out.
CLIENT = """
import socket, sys
web, tcp, ws, http = map(int, sys.argv[1:5])
ask = b"GET /healthz HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n"
opened = []
for port, first in (web, ask), (web, b"\\0"), (tcp, b"\\0"), (ws, b"G"), (http, b"G"):
    opened.append(socket.create_connection((sys.argv[5], port)))
    opened[-1].sendall(first)
print("connected", flush=True)
sys.stdin.read()
"""


async def _in_namespace(name: str, *command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *inside(name), sys.executable, *command,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_a_peer_whose_packets_are_lost_is_closed_within_the_configured_time(tmp_path):
    ports = [free_port() for _ in range(4)]
    slow = ("gateway.heartbeat_s=600", "gateway.hello_timeout_s=600",
            "gateway.http_head_timeout_s=600", "gateway.first_byte_timeout_s=600",
            "doors.goim.handshake_timeout_s=600", "doors.goim.head_timeout_s=600")  # fmt: skip
    keepalive = ("listen.keepalive_idle_s=1", "listen.keepalive_interval_s=1",
                 "listen.keepalive_count=2", "listen.user_timeout_s=0")  # fmt: skip
    async with cable() as wire, asyncio.timeout(60):
        server = await _serve(wire, tmp_path, ports, *slow, *keepalive)
        client = await _in_namespace(wire.client, "-c", CLIENT, *map(str, ports), SERVER_ADDRESS)
        try:
            assert client.stdout is not None
            assert await client.stdout.readline() == b"connected\n"
            for port, count in zip(ports, (2, 1, 1, 1), strict=True):
                shown = await wire.connections(port)
                assert shown.count("timer:(keepalive,") == count, shown
            await wire.cut()
            began = time.monotonic()
            while any([await wire.connections(port) for port in ports]):
                assert time.monotonic() - began < LIMIT_S
                await asyncio.sleep(0.1)
            assert time.monotonic() - began > 1.0
        finally:
            await _end(client, server)


async def test_a_peer_that_acknowledges_nothing_is_closed_within_the_configured_time(tmp_path):
    """With something on its way keepalive is silent; TCP_USER_TIMEOUT is not."""
    ports = [free_port() for _ in range(4)]
    settings = ("gateway.heartbeat_s=600", "gateway.stall_timeout_s=600",
                "gateway.hello_timeout_s=2", "gateway.close_timeout_s=600",
                "listen.keepalive_idle_s=600", "listen.user_timeout_s=2")  # fmt: skip
    async with cable() as wire, asyncio.timeout(60):
        server = await _serve(wire, tmp_path, ports, *settings)
        client = await _in_namespace(wire.client, "-c", CLIENT, *map(str, ports), SERVER_ADDRESS)
        try:
            assert client.stdout is not None
            assert await client.stdout.readline() == b"connected\n"
            await wire.cut()
            # The server says goodbye to whoever did not say hello in two seconds; nobody hears.
            began = time.monotonic()
            while "timer:(on," not in await wire.connections(ports[0], "connected"):
                assert time.monotonic() - began < LIMIT_S
                await asyncio.sleep(0.1)
            while "timer:(on," in await wire.connections(ports[0], "connected"):
                assert time.monotonic() - began < 2 + 2 + LIMIT_S
                await asyncio.sleep(0.1)
        finally:
            await _end(client, server)


async def _serve(
    wire: Cable, folder: Path, ports: list[int], *settings: str
) -> asyncio.subprocess.Process:
    flags = ["--host", SERVER_ADDRESS, "--port", str(ports[0]), "--door", "goim"]
    chosen = [f"doors.goim.host={SERVER_ADDRESS}", *settings]
    names = ("tcp", "ws", "http")
    chosen += [
        f"doors.goim.{name}_port={port}" for name, port in zip(names, ports[1:], strict=True)
    ]
    for setting in chosen:
        flags += ["--set", setting]
    server = await _in_namespace(
        wire.server, "-m", "parlor.boot.cli", "serve", "--data", str(folder / "data"), *flags
    )
    assert server.stdout is not None
    line = await server.stdout.readline()
    assert line.startswith(b"ready "), json.dumps(line.decode())
    return server


async def _end(*processes: asyncio.subprocess.Process) -> None:
    for process in processes:
        process.kill()
        await process.wait()
