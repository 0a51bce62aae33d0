"""One server takes the place of another: no port closes, nothing acknowledged is lost."""

import asyncio
import http.client
import json
import os
import socket
import struct
from contextlib import AsyncExitStack

import httpx
import pytest

from parlor.boot.handover import SOCKET_NAME, Predecessor
from parlor.client import connect
from parlor.model.close import CloseCode
from tests.support.people import sign_up
from tests.support.ports import free_port
from tests.support.raw_native import raw_native
from tests.support.server import ParlorServer, running_parlor
from tests.support.tls_server import tls_server


async def test_a_successor_serves_on_the_same_port_and_the_first_one_ends(tmp_path):
    async with running_parlor(tmp_path) as server:
        first = server.pid
        alice = await sign_up(server.url, "alice")
        async with connect(alice.websocket_url, alice.token) as connection:
            assert await server.take_over() == 0
            await connection.wait_closed()
            assert connection.closed is not None
            assert connection.closed.code == CloseCode.DRAINING
            assert 0 < connection.closed.after_s <= 1.0
        assert server.pid != first
        async with connect(alice.tcp_url, alice.token) as connection:
            assert connection.closed is None
        assert await server.stop() == 0
        await alice.rest.aclose()


async def test_nobody_is_refused_while_servers_change_and_every_answered_message_is_there(tmp_path):
    """Somebody who connects anew for each request, while three servers follow each other."""
    async with running_parlor(tmp_path) as server:
        alice, bob = await sign_up(server.url, "alice"), await sign_up(server.url, "bob")
        conversation = await alice.talk_to(bob)
        stop, sent, told_to_wait = asyncio.Event(), [], 0

        async def write() -> None:
            nonlocal told_to_wait
            headers = {"Authorization": f"Bearer {alice.token}", "Connection": "close"}
            number = 0
            while not stop.is_set():
                body = {"client_id": f"c{number}", "text": f"message {number}"}
                async with httpx.AsyncClient(base_url=server.url, headers=headers) as rest:
                    answer = await rest.post(
                        f"/api/v1/conversations/{conversation}/messages", json=body
                    )
                if answer.status_code == 503:
                    told_to_wait += 1
                    continue
                assert answer.status_code in (200, 201), answer.text
                sent.append(body["text"])
                number += 1

        writing = asyncio.create_task(write())
        for _ in range(3):
            before = len(sent)
            assert await server.take_over() == 0
            while len(sent) < before + 5:
                await asyncio.sleep(0.01)
                if writing.done():
                    await writing
        stop.set()
        await writing
        texts, after, more = [], 0, True
        while more:
            page = await alice.get(f"/conversations/{conversation}/events?after={after}&limit=200")
            texts += [event["text"] for event in page["events"] if event["kind"] == "message"]
            after, more = page["events"][-1]["seq"], page["more"]
        assert texts == sent
        for person in (alice, bob):
            await person.rest.aclose()


async def test_the_doors_ports_are_handed_over_too(tmp_path):
    ports = {name: free_port() for name in ("tcp", "ws", "http")}
    flags = ["--door", "goim", "--set", "doors.goim.auth=open"]
    for name, port in ports.items():
        flags += ["--set", f"doors.goim.{name}_port={port}"]
    async with running_parlor(tmp_path, flags) as server, AsyncExitStack() as stack:

        async def log_in() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection("127.0.0.1", ports["tcp"])
            stack.callback(writer.close)
            body = b'{"mid":7,"room_id":"live://1","platform":"web","accepts":[1000]}'
            writer.write(struct.pack(">IHHII", 16 + len(body), 16, 1, 7, 1) + body)
            assert (await reader.readexactly(16))[8:12] == b"\x00\x00\x00\x08"
            return reader, writer

        reader, _ = await log_in()
        assert await server.take_over() == 0
        async with asyncio.timeout(10):
            await reader.read()
        reader, _ = await log_in()
        async with httpx.AsyncClient() as rest:
            answer = await rest.post(
                f"http://127.0.0.1:{ports['http']}/goim/push/mids?operation=1000&mids=7",
                content=b"hello",
            )
            assert answer.json()["code"] == 0
        async with asyncio.timeout(10):
            assert (await reader.readexactly(16 + 5)).endswith(b"hello")


async def test_a_successor_that_dies_before_it_is_ready_changes_nothing(tmp_path):
    async with running_parlor(tmp_path) as server:
        alice = await sign_up(server.url, "alice")
        async with connect(alice.websocket_url, alice.token) as connection:
            for _ in range(3):
                predecessor = await asyncio.to_thread(Predecessor.reach, server.data)
                assert predecessor is not None
                predecessor.listeners.close()
                os.close(predecessor.lock)
                predecessor.close()
            await alice.get("/me")
            assert connection.closed is None
            assert await server.take_over() == 0
        await alice.rest.aclose()


async def test_taking_over_where_nobody_serves_is_an_ordinary_start(tmp_path):
    async with running_parlor(tmp_path, ["--take-over"]) as server:
        async with httpx.AsyncClient(base_url=server.url) as rest:
            assert (await rest.get("/healthz")).status_code == 200
        await server.kill()
        assert (server.data / SOCKET_NAME).exists()
        await server.start()


async def test_a_successor_with_another_port_listens_there(tmp_path):
    async with running_parlor(tmp_path) as server:
        old, server.port = server.port, free_port()
        assert await server.take_over() == 0
        async with httpx.AsyncClient(base_url=server.url) as rest:
            assert (await rest.get("/healthz")).status_code == 200
        with socket.socket() as sock:
            assert sock.connect_ex(("127.0.0.1", old)) != 0


async def test_a_successor_that_cannot_serve_fails_before_it_takes_anything(tmp_path):
    """What the old one had not bound, certificates and pages: all is tried before "ready"."""
    async with running_parlor(tmp_path) as server:
        alice = await sign_up(server.url, "alice")
        (tmp_path / "bad.pem").write_text("no certificate")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            wrong = {
                f"doors.goim.tcp_port={port}": ("--door", "goim", "--set", "doors.goim.auth=open"),
                f"http.port={port}": (),
                f"tls.certificates={tmp_path}/bad.pem:{tmp_path}/bad.pem": (),
            }
            async with connect(alice.websocket_url, alice.token) as connection:
                for setting, flags in wrong.items():
                    successor = ParlorServer(tmp_path, [*flags, "--take-over"])
                    successor.port = server.port
                    successor.flags += ("--set", setting)
                    with pytest.raises(AssertionError, match="ended with status 1"):
                        await successor.start()
                    await alice.get("/me")
                    assert connection.closed is None
        assert "handover_began" not in server.log()
        assert await server.take_over() == 0
        await alice.rest.aclose()


async def test_a_kept_connection_is_told_to_come_anew_while_draining(tmp_path):
    """What the old server answered is handed over, so after that it answers nothing."""
    # A WebSocket that does not answer the goodbye keeps the old process until the test has seen
    # what that says.
    settings = (
        "gateway.heartbeat_s=600", "gateway.close_timeout_s=100", "server.drain_limit_s=200",
    )  # fmt: skip
    flags = [flag for setting in settings for flag in ("--set", setting)]
    async with running_parlor(tmp_path, flags) as server:
        alice = await sign_up(server.url, "alice")
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        kept.connect()
        # Without this it would open another connection, to the successor, where one is closed.
        kept.auto_open = 0

        def ask() -> tuple[http.client.HTTPResponse, bytes]:
            kept.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {alice.token}"})
            answer = kept.getresponse()
            return answer, answer.read()

        async with raw_native(server.port, alice.token):
            taking = asyncio.create_task(server.take_over())
            async with asyncio.timeout(120):
                answer, body = await asyncio.to_thread(ask)
                while answer.status == 200:
                    # No more often than anybody may ask.
                    await asyncio.sleep(0.1)
                    answer, body = await asyncio.to_thread(ask)
            assert answer.status == 503
            assert json.loads(body)["error"]["code"] == "draining"
            assert float(answer.headers["retry-after"]) > 0
            assert answer.headers["connection"] == "close"
            assert (await alice.rest.get("/api/v1/me")).status_code == 200
            assert not taking.done()
        assert await taking == 0
        kept.close()
        await alice.rest.aclose()


async def test_whoever_guesses_passwords_has_no_use_for_a_new_server(tmp_path):
    async with (
        running_parlor(tmp_path, ["--set", "limits.loopback=true"]) as server,
        httpx.AsyncClient(base_url=server.url) as rest,
    ):
        alice = await sign_up(server.url, "alice")

        async def guess() -> httpx.Response:
            body = {"name": "alice", "password": "not this one, surely"}
            return await rest.post("/api/v1/sessions", json=body)

        async with asyncio.timeout(20):
            while (await guess()).status_code != 429:
                pass
        assert await server.take_over() == 0
        async with asyncio.timeout(20):
            while (await guess()).status_code == 503:
                pass
        # The wait may be over by now; a new table would give five free guesses.
        assert (await guess()).status_code == 429
        await alice.rest.aclose()


async def test_a_long_folder_path_is_no_obstacle(tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    async with running_parlor(folder) as server:
        assert await server.take_over() == 0


async def test_a_successor_serves_tls_on_the_same_ports(tmp_path):
    async with tls_server(tmp_path) as server, server.person("ann") as ann:
        async with connect(ann.websocket_url, ann.token, tls=server.trust) as connection:
            assert await server.server.take_over() == 0
            await connection.wait_closed()
            assert connection.closed is not None
            assert connection.closed.code == CloseCode.DRAINING
        for url in (ann.websocket_url, ann.tcp_url):
            async with connect(url, ann.token, tls=server.trust) as connection:
                assert connection.closed is None
        for port in server.ports:
            _, writer = await server.open(port)
            writer.close()
