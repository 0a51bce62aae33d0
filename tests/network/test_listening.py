"""P09, P42: every listener on IPv6, both families at once, and what its sockets are set to."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from parlor.client import connect
from parlor.gateway.listening import ListenSettings, open_listener
from tests.support.goim_client import GoimTcp, GoimWebSocket
from tests.support.people import PASSWORD, sign_up
from tests.support.ports import free_port
from tests.support.server import ParlorServer, running_parlor

TIMES = ("listen.keepalive_idle_s=7", "listen.keepalive_interval_s=3", "listen.keepalive_count=2")


@contextlib.asynccontextmanager
async def listening(
    folder: Path, host: str, *settings: str
) -> AsyncIterator[tuple[ParlorServer, dict[str, int]]]:
    """A server with goim's door, all of it on `host`; its ports by name."""
    ports = {name: free_port() for name in ("tcp", "ws", "http")}
    flags = ["--host", host, "--door", "goim"]
    chosen = [f"doors.goim.host={host}", *settings]
    chosen += [f"doors.goim.{name}_port={port}" for name, port in ports.items()]
    for setting in chosen:
        flags += ["--set", setting]
    async with running_parlor(folder, flags) as server, asyncio.timeout(60):
        yield server, {"web": server.port, **ports}


async def _speak(server: ParlorServer, ports: dict[str, int], host: str) -> None:
    """Say something at each listener, by an address of `host`'s family."""
    named = f"[{host}]" if ":" in host else host
    web = f"{named}:{server.port}"
    ann = await sign_up(f"http://{web}", f"ann.{len(named)}")
    for url in (f"ws://{web}/ws", f"tcp://{web}"):
        async with connect(url, ann.token) as connection:
            assert connection.closed is None
    tcp = await GoimTcp.connect(ports["tcp"], host)
    websocket = await GoimWebSocket.connect(ports["ws"], host=host)
    for client in (tcp, websocket):
        await client.log_in(key=ann.token, accepts=[1])
        await client.close()
    async with httpx.AsyncClient() as anybody:
        nodes = await anybody.get(f"http://{named}:{ports['http']}/goim/nodes/weighted?platform=x")
        assert nodes.json()["code"] == 0
    await ann.rest.aclose()


async def test_every_listener_speaks_ipv6(tmp_path):
    async with listening(tmp_path, "::1") as (server, ports):
        assert server.ready_line == f"ready http://localhost:{server.port}"
        await _speak(server, ports, "::1")


async def test_every_listener_speaks_both_at_once(tmp_path):
    async with listening(tmp_path, "::") as (server, ports):
        await _speak(server, ports, "::1")
        await _speak(server, ports, "127.0.0.1")


async def test_an_ipv4_client_of_both_at_once_is_known_by_its_ipv4_address(tmp_path):
    """By what only an address on loopback may do, and one limit for both spellings."""
    settings = ("limits.loopback=true", "http.address_request_burst=2",
                "http.address_requests_per_second=0.01")  # fmt: skip
    async with (
        listening(tmp_path, "::", *settings) as (server, _),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as four,
        httpx.AsyncClient(base_url=f"http://[::1]:{server.port}") as six,
    ):
        assert (await four.get("/metrics")).status_code == 200
        asked = [(await four.get("/api/v1/server")).status_code for _ in range(3)]
        assert asked == [200, 200, 429]
        assert (await six.get("/api/v1/server")).status_code == 200


async def test_every_accepted_socket_has_the_keepalive_of_the_settings(tmp_path):
    """P09: as the kernel shows it, `ss -to`."""
    async with listening(tmp_path, "127.0.0.1", *TIMES) as (_, ports):
        for port in ports.values():
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            timers = await _timers(port)
            assert len(timers) == 1
            assert re.fullmatch(r"keepalive,[67](\.\d+)?m?s(ec)?,0", timers[0]), timers
            writer.close()


async def _timers(port: int) -> list[str]:
    """Of the server's ends of all connections to `port`: `keepalive,6.9sec,0`, or, as some
    versions write it, ms."""
    process = await asyncio.create_subprocess_exec(
        "ss", "-Hnto", "state", "established", "sport", "=", f":{port}",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return re.findall(r"timer:\(([^)]*)\)", out.decode())


def test_what_is_set_on_a_listener_is_what_its_connections_have():
    settings = ListenSettings(
        keepalive_idle_s=40, keepalive_interval_s=2.5, keepalive_count=6, user_timeout_s=33
    )
    with open_listener("127.0.0.1", 0, settings) as listener:
        with socket.create_connection(listener.getsockname()):
            listener.setblocking(True)
            accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            found = [
                accepted.getsockopt(socket.IPPROTO_TCP, option)
                for option in (
                    socket.TCP_NODELAY,
                    socket.TCP_KEEPIDLE,
                    socket.TCP_KEEPINTVL,
                    socket.TCP_KEEPCNT,
                    socket.TCP_USER_TIMEOUT,
                )
            ]
            assert found == [1, 40, 3, 6, 33_000]


async def test_the_backlog_is_a_setting(tmp_path):
    async with listening(tmp_path, "127.0.0.1", "listen.backlog=77") as (_, ports):
        process = await asyncio.create_subprocess_exec(
            "ss", "-Hntl", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        queues = {
            int(fields[3].rpartition(":")[2]): int(fields[2])
            for fields in map(str.split, out.decode().splitlines())
        }
        assert {name: queues[port] for name, port in ports.items()} == dict.fromkeys(ports, 77)


async def test_two_servers_share_a_port_only_when_told_to(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    share = ("--set", "listen.reuse_port=true")
    async with running_parlor(first, share) as one:
        ann = await sign_up(one.url, "ann")
        await ann.rest.aclose()
        two = ParlorServer(second, share)
        two.port = one.port
        await two.start()
        try:
            answers: set[int] = set()
            credentials = {"name": "ann", "password": PASSWORD}
            async with asyncio.timeout(20):
                while answers != {200, 401}:
                    async with httpx.AsyncClient(base_url=one.url) as anybody:
                        answer = await anybody.post("/api/v1/sessions", json=credentials)
                        answers.add(answer.status_code)
        finally:
            await two.kill()
        alone = ParlorServer(second)
        alone.port = one.port
        with pytest.raises(AssertionError, match="cannot listen"):
            await alone.start()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"trusted_proxies": ("10.0.0.1/8",)}, "host bits"),
        ({"trusted_proxies": ("proxy.example",)}, "proxy.example"),
        ({"proxy_protocol": "required"}, "trusted_proxies"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        ListenSettings(**settings)


def test_a_listener_that_cannot_be_is_closed_again():
    with open_listener("127.0.0.1", 0, ListenSettings()) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            open_listener("127.0.0.1", port, ListenSettings())
