"""SIGHUP at a real server with a few hundred clients: limits change, nobody is disconnected."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from parlor.client import connect
from parlor.model.errors import Forbidden, RateLimited, TooLarge
from parlor.wire.native.methods import Heartbeat, HeartbeatResult
from tests.support.crowd import Member, wait_for_all
from tests.support.people import sign_up
from tests.support.rest_client import bearer
from tests.support.rest_server import address_of, make_key
from tests.support.server import ParlorServer, running_parlor

BEFORE = """
[auth]
open = true

[[push.rooms]]
match = "live:*"
replay_count = 1000
"""
AFTER = """
[auth]
open = true

[log]
level = "debug"

[http]
allowed_origins = ["https://app.example.org"]
max_body_bytes = 2000

[gateway]
compression = true
heartbeat_s = 7.0
requests_per_second = 0.5
request_burst = 3
max_connections_per_user = 1

[push]
max_body_bytes = 100

[[push.rooms]]
match = "live:*"
replay_count = 1000
publish = true
publish_bytes = 20

[keys]
message_burst = 7

[listen]
trusted_proxies = ["127.0.0.1"]

[limits]
loopback = true
"""
CROWD = 300


async def reload(server: ParlorServer, text: str, event: str = "settings_reloaded") -> None:
    count = server.log().count(event)
    (server.data.parent / "parlor.toml").write_text(text)
    os.kill(server.pid, signal.SIGHUP)
    async with asyncio.timeout(10):
        while server.log().count(event) == count:
            await asyncio.sleep(0.02)


async def test_limits_change_for_who_is_connected_and_nobody_is_disconnected(tmp_path: Path):
    (tmp_path / "parlor.toml").write_text(BEFORE)
    flags = ["--config", str(tmp_path / "parlor.toml")]
    async with (
        running_parlor(tmp_path, flags) as server,
        httpx.AsyncClient(base_url=address_of(server)) as rest,
        connect(f"tcp://127.0.0.1:{server.port}", "old") as old,
        asyncio.timeout(60),
    ):
        key = bearer(await make_key(server, "program", "push"))
        members = [Member(server.port, f"c{n}", ("live:1",), tcp=n % 2 == 0) for n in range(CROWD)]
        for member in members:
            member.begin()
        await wait_for_all(members, 1, 20)
        sent = 0

        async def push(body: str) -> httpx.Response:
            wish = {"to": {"room": "live:1"}, "body": body, "kind": "must_arrive"}
            return await rest.post("/api/v1/push", json=wish, headers=key)

        async def speak() -> None:
            nonlocal sent
            while True:
                assert (await push(str(sent))).status_code == 202
                sent += 1
                await asyncio.sleep(0.01)

        speaking = asyncio.create_task(speak())
        try:
            await old.join("live:1")
            with pytest.raises(Forbidden):
                await old.publish("live:1", "x", "1")
            for text in (AFTER, BEFORE, AFTER):
                await reload(server, text)
                seen = sent
                while sent < seen + 10:
                    await asyncio.sleep(0.01)
                    assert not speaking.done()

            # Of connections that are open: their rooms, their rate.
            await old.publish("live:1", "x", "2")
            with pytest.raises(TooLarge):
                await old.publish("live:1", "x" * 30, "3")
            beats = [old.request(Heartbeat(), HeartbeatResult) for _ in range(5)]
            with pytest.raises(RateLimited):
                await asyncio.gather(*beats)
            # From the next hello on.
            assert old.welcome is not None
            async with connect(f"tcp://127.0.0.1:{server.port}", "new") as new:
                assert new.welcome is not None
                assert (old.welcome.heartbeat_s, new.welcome.heartbeat_s) == (25.0, 7.0)
                with pytest.raises(Forbidden):
                    async with connect(f"tcp://127.0.0.1:{server.port}", "new"):
                        pass
            # From the next request on, connections kept open included.
            assert (await push("x" * 101)).status_code == 413
            batch = {"pushes": [{"to": {"room": "other"}, "body": "x"}] * 8}
            answer = await rest.post("/api/v1/push/batch", json=batch, headers=key)
            assert "at most 7 messages" in answer.text
            assert (await rest.post("/api/v1/sessions", content=b" " * 3000)).status_code == 413
            origin = {"Origin": "https://app.example.org"}
            answer = await rest.get("/api/v1/server", headers=origin)
            assert answer.headers["access-control-allow-origin"] == origin["Origin"]
            # Not before a restart, and said so.
            assert '"after_restart": ["limits.loopback", "gateway.compression"]' in server.log()
            # Wrong settings change nothing and say why.
            await reload(server, AFTER.replace("heartbeat", "heartbeet"), "settings_refused")
            assert "did you mean heartbeat_s?" in server.log()
            async with connect(f"tcp://127.0.0.1:{server.port}", "third") as third:
                assert third.welcome is not None
                assert third.welcome.heartbeat_s == 7.0
        finally:
            speaking.cancel()
            await asyncio.wait([speaking])
        while any(len(member.heard) < sent for member in members):
            await asyncio.sleep(0.05)
        for member in members:
            assert (len(member.hellos), member.told, member.cut) == (1, [], 0)
            assert all(member.heard["live:1", str(n)] == 1 for n in range(sent))
            member.leave()


async def test_a_shorter_heartbeat_closes_nobody_who_was_told_a_longer_one(tmp_path: Path):
    file = tmp_path / "parlor.toml"
    file.write_text("[gateway]\nheartbeat_s = 2.0\n")
    async with running_parlor(tmp_path, ["--config", str(file)]) as server:
        ann = await sign_up(server.url, "ann")
        async with connect(ann.tcp_url, ann.token) as connection:
            await reload(server, "[gateway]\nheartbeat_s = 0.2\n")
            await asyncio.sleep(1.5)
            assert connection.closed is None
            await connection.request(Heartbeat(), HeartbeatResult)
        await ann.rest.aclose()
