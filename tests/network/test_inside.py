"""Looking inside a real server: what became of a push, whom it watches, what it does right now."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support.goim_client import packet
from tests.support.mail_reader import Customer, Program, a_customer, a_program
from tests.support.ports import free_port
from tests.support.program import run_parlor
from tests.support.rest_client import bearer
from tests.support.rest_server import http_to, make_key
from tests.support.server import ParlorServer, running_parlor

PATIENCE_S = 30.0


@dataclass
class House:
    server: ParlorServer
    http: httpx.AsyncClient
    program: Program
    key: str

    @property
    def admin(self) -> dict[str, str]:
        return bearer(self.key)

    async def trace(self, push_id: str) -> dict[str, Any]:
        reply = await self.http.get(f"/api/v1/trace/{push_id}", headers=self.admin)
        assert reply.status_code == 200, reply.text
        trace: dict[str, Any] = reply.json()
        return trace

    async def watch(self, *users: str) -> None:
        put = await self.http.put(
            "/api/v1/watched", json={"users": list(users)}, headers=self.admin
        )
        assert put.json() == {"users": sorted(users)}

    def lines(self, user: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.server.log().splitlines()]
        return [line for line in lines if line.get("user") == user]

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def house(folder: Path, *flags: str) -> AsyncIterator[House]:
    async with running_parlor(folder, flags) as server, http_to(server) as http:
        program = await a_program(server, http)
        yield House(server, http, program, await make_key(server, "operator", "admin"))


async def join(customer: Customer, room: str, device: str = "first") -> Any:
    """A connection in `room`; the caller closes it."""
    socket = await connect(
        f"ws://127.0.0.1:{customer.server.port}/ws",
        subprotocols=[Subprotocol("parlor.v1.json")],
        compression=None,
        close_timeout=0.2,
    )
    params = {"token": await customer.token(device), "rooms": [room]}
    await socket.send(json.dumps({"id": 1, "method": "hello", "params": params}))
    assert "result" in json.loads(await socket.recv())
    return socket


async def test_a_push_to_a_room_is_known_from_key_to_socket(tmp_path: Path):
    async with house(tmp_path) as here:
        ann = await a_customer(here.server, here.http, "ann")
        sockets = [await join(ann, "news"), await join(ann, "news", "phone")]
        push_id = await here.program.must_push({"room": "news"}, "Goal!", kind="lossy", tag="sport")
        for one in sockets:
            assert json.loads(await one.recv())["data"]["push_id"] == push_id
        trace = await here.trace(push_id)
        assert (trace["by"], trace["audience"], trace["targets"]) == ("shop", "rooms", ["news"])
        assert (trace["body_bytes"], trace["delivery"], trace["tag"]) == (5, "lossy", "sport")
        assert trace["online"] == 2
        (leg,) = trace["legs"]
        assert (leg["audience"], leg["targeted"], leg["queued"] + leg["written"]) == ("news", 2, 2)
        assert leg["missed"] == leg["slow"] == leg["lost"] == leg["closing"] == 0
        assert trace["accepted_at"] <= leg["began_at"] <= leg["ended_at"]
        assert leg["frame_bytes"] > 5
        for one in sockets:
            await one.close()


async def test_mail_is_known_from_the_queue_to_the_acknowledgement(tmp_path: Path):
    async with house(tmp_path) as here:
        ben = await a_customer(here.server, here.http, "ben")
        async with ben.on("phone") as phone:
            push_id = await here.program.must_push({"users": [ben.id]}, "parcel", durable=True)
            (got,) = await phone.get(1)
            trace = await here.trace(push_id)
            assert (trace["durable"], trace["position"] > 0) == (True, True)
            assert (trace["mail_stored"], trace["mail"][0]["number"]) == (1, got["mail"])
            assert (trace["mail"][0]["acknowledged_by"], trace["mail"][0]["waits"]) == (0, True)
            assert [leg["audience"] for leg in trace["legs"]] == ["mail at once"]
            await phone.ack(got["mail"])
            trace = await here.trace(push_id)
            assert trace["mail"][0]["acknowledged_by"] == 1 or not trace["mail"][0]["waits"]


async def test_what_a_slow_reader_missed_is_on_the_trace(tmp_path: Path):
    flags = ("--set", "gateway.outbox_frames=4", "--set", "gateway.outbox_bytes=65536")
    async with house(tmp_path, *flags) as here:
        cem = await a_customer(here.server, here.http, "cem")
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", here.server.port))
            reader = await connect(
                f"ws://127.0.0.1:{here.server.port}/ws",
                sock=deaf,
                subprotocols=[Subprotocol("parlor.v1.json")],
                compression=None,
                max_queue=1,
                close_timeout=0.2,
            )
            params = {"token": await cem.token("first"), "rooms": ["busy"]}
            await reader.send(json.dumps({"id": 1, "method": "hello", "params": params}))
            await reader.recv()
            reader.transport.pause_reading()
            body, ids = "x" * 60_000, []
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    ids.append(await here.program.must_push({"room": "busy"}, body, kind="lossy"))
                    if len(ids) > 6 and (await missed(here, ids[-6])) == 1:
                        break
            metrics = (await here.http.get("/metrics")).text
            assert "parlor_readers_blocked 1.0" in metrics
            reader.transport.abort()


async def missed(here: House, push_id: str) -> int:
    return sum(leg["missed"] for leg in (await here.trace(push_id))["legs"])


async def test_after_a_restart_nobody_knows_any_more(tmp_path: Path):
    async with house(tmp_path) as here:
        push_id = await here.program.must_push({"room": "r"}, "x", kind="lossy")
        await here.server.kill()
        await here.server.start()
        gone = await here.http.get(f"/api/v1/trace/{push_id}", headers=here.admin)
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


async def test_only_the_last_pushes_are_kept(tmp_path: Path):
    async with house(tmp_path, "--set", "trace.keep=3") as here:
        ids = [await here.program.must_push({"room": "r"}, "x", kind="lossy") for _ in range(4)]
        first = await here.http.get(f"/api/v1/trace/{ids[0]}", headers=here.admin)
        assert first.status_code == 404
        assert (await here.trace(ids[1]))["push_id"] == ids[1]
        metrics = (await here.http.get("/metrics")).text
        assert "parlor_traces 3.0" in metrics
        assert "parlor_traces_limit 3.0" in metrics


async def test_the_command_says_it_in_a_table_as_json_or_why_not(tmp_path: Path):
    async with house(tmp_path) as here:
        ann = await a_customer(here.server, here.http, "ann")
        await ann.meet("phone")
        push_id = await here.program.must_push({"users": [ann.id]}, "hello")
        url = ("--url", f"http://127.0.0.1:{here.server.port}")
        known = {"PARLOR_API_KEY": here.key}
        status, out, _ = await run_parlor("trace", push_id, *url, environment=known)
        assert status == 0
        assert f"push      {push_id}" in out
        assert "from shop" in out
        assert "ACKNOWLEDGED BY" in out
        status, out, _ = await run_parlor("trace", push_id, *url, "--key", here.key, "--json")
        assert (status, json.loads(out)["push_id"]) == (0, push_id)
        unreachable = ("--url", f"http://127.0.0.1:{free_port()}")
        for arguments, words in (
            ((push_id, *unreachable, "--key", "k"), "cannot reach http://127.0.0.1"),
            (("unknown", *url, "--key", here.key), "not any more"),
            ((push_id, *url, "--key", "wrong"), "unauthenticated"),
            ((push_id, *url), "PARLOR_API_KEY"),
            ((push_id, "--url", "nonsense", "--key", "k"), "not like http://"),
        ):
            status, out, err = await run_parlor("trace", *arguments)
            assert (status, out, err.count("\n")) == (1, "", 1)
            assert words in err


async def test_a_watched_user_is_logged_step_by_step_and_others_are_absent(tmp_path: Path):
    """P41: connect, requests, write, acknowledgement and close, with times; at run time."""
    async with house(tmp_path) as here:
        ann = await a_customer(here.server, here.http, "ann")
        ben = await a_customer(here.server, here.http, "ben")
        await here.watch(ann.id)
        async with ann.on("phone") as phone, ben.on("phone") as other:
            push_id = await here.program.must_push({"users": [ann.id, ben.id]}, "the secret body")
            (got,) = await phone.get(1)
            await phone.ack(got["mail"])
            (theirs,) = await other.get(1)
            await other.ack(theirs["mail"])
        await here.until(
            lambda: any(line["event"] == "watched_closed" for line in here.lines(ann.id))
        )
        lines = here.lines(ann.id)
        assert [line["event"] for line in lines] == [
            "watched_connected",
            "watched_request",
            "watched_push_put",
            "watched_push_written",
            "watched_acknowledged",
            "watched_request",
            "watched_closed",
        ]
        assert (lines[0]["address"], lines[0]["device"]) == ("127.0.0.1", "phone")
        assert [line["method"] for line in lines if "method" in line] == ["hello", "mail.ack"]
        assert lines[2]["pushes"] == [push_id]
        assert lines[4]["upto"] == got["mail"]
        assert lines[-1]["seconds"] > 0
        assert all("timestamp" in line for line in lines)
        assert here.lines(ben.id) == []
        assert "the secret body" not in here.server.log()
        assert await ann.token("phone") not in here.server.log()
        steps = (await here.trace(push_id))["users"]
        assert [(step["user"], step["step"]) for step in steps] == [
            (ann.id, "put"), (ann.id, "written"),
        ]  # fmt: skip


async def test_the_watch_list_follows_the_settings_on_sighup(tmp_path: Path):
    settings = tmp_path / "parlor.toml"
    settings.write_text("")
    async with house(tmp_path, "--config", str(settings)) as here:
        ann = await a_customer(here.server, here.http, "ann")
        async with ann.on("phone"):
            settings.write_text(f'[trace]\nusers = ["{ann.id}"]\n')
            os.kill(here.server.pid, signal.SIGHUP)
            await here.until(
                lambda: [line["event"] for line in here.lines(ann.id)] == ["watched_found"]
            )
            got = await here.http.get("/api/v1/watched", headers=here.admin)
            assert got.json() == {"users": [ann.id]}


async def test_a_goim_client_is_watched_too(tmp_path: Path):
    tcp, ws, http = free_port(), free_port(), free_port()
    flags = ("--door", "goim", "--set", "doors.goim.auth=open")
    ports = (("tcp_port", tcp), ("ws_port", ws), ("http_port", http))
    named = [each for name, port in ports for each in ("--set", f"doors.goim.{name}={port}")]
    async with house(tmp_path, *flags, *named) as here:
        await here.watch("77")
        reader, writer = await asyncio.open_connection("127.0.0.1", tcp)
        login = {"mid": 77, "room_id": "live://1", "platform": "web", "accepts": [1000]}
        writer.write(packet(7, json.dumps(login).encode()))
        await reader.readexactly(16)
        writer.write(packet(2))
        await reader.readexactly(20)
        writer.close()
        await here.until(lambda: len(here.lines("77")) == 3)
        connected, beat, closed = here.lines("77")
        assert (connected["event"], connected["client"]) == ("watched_connected", "GoimTcp")
        assert (beat["method"], beat["outcome"]) == ("goim 2", "ok")
        assert closed["event"] == "watched_closed"


async def test_too_many_watched_users_are_refused(tmp_path: Path):
    async with house(tmp_path, "--set", "trace.max_users=2") as here:
        body = {"users": ["a", "b", "c"]}
        refused = await here.http.put("/api/v1/watched", json=body, headers=here.admin)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_request")


async def test_administrators_see_stacks_and_a_profile_of_the_running_server(tmp_path: Path):
    async with house(tmp_path) as here:
        assert (await here.http.get("/debug/stacks")).status_code == 401
        stacks = await here.http.get("/debug/stacks", headers=here.admin)
        assert "Deliver.run" in stacks.text
        assert "sqlite-writer" in stacks.text
        slow, refused = await asyncio.gather(
            here.http.get("/debug/profile?seconds=3", headers=here.admin),
            late(here.http.get, "/debug/profile?seconds=3", headers=here.admin),
        )
        assert slow.status_code == 200
        assert "Duration" in slow.text
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "profile_running")
        page = await here.http.get(
            "/debug/profile?seconds=0.2", headers={**here.admin, "accept": "text/html"}
        )
        assert page.text.lstrip().lower().startswith("<!doctype html>")


async def late(get: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    await asyncio.sleep(1)
    return await get(*arguments, **more)


async def test_turned_off_not_even_administrators_see_the_inside(tmp_path: Path):
    async with house(tmp_path, "--set", "debug.enabled=false") as here:
        for path in ("/debug/stacks", "/debug/profile"):
            assert (await here.http.get(path, headers=here.admin)).status_code == 403
