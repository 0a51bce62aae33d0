"""Webhooks between a real server and a receiver that fails in every way it can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from parlor.client import connect
from parlor.model.errors import HookUnavailable, Vetoed
from tests.support.goim_client import GoimTcp, packet
from tests.support.ports import free_port
from tests.support.rest_client import sign_up
from tests.support.rest_server import http_to
from tests.support.server import ParlorServer, running_parlor
from tests.support.webhook_server import SECRET, WebhookServer, webhook_server


@asynccontextmanager
async def hooked(
    folder: Path, *settings: str, flags: Sequence[str] = ()
) -> AsyncIterator[tuple[ParlorServer, httpx.AsyncClient, WebhookServer]]:
    async with webhook_server() as receiver:
        chosen = [
            f"webhooks.urls={receiver.url('hear')}",
            f"webhooks.ask_url={receiver.url('ask')}",
            f"webhooks.secret={SECRET}",
            "webhooks.retry_first_s=0.05",
            "webhooks.retry_longest_s=0.2",
            "webhooks.batch_wait_s=0.05",
            "webhooks.timeout_s=1",
            "webhooks.ask_deadline_s=1",
            *settings,
        ]
        given = [word for setting in chosen for word in ("--set", setting)]
        async with (
            running_parlor(folder, [*given, *flags]) as server,
            http_to(server) as client,
        ):
            yield server, client, receiver


async def _token(client: httpx.AsyncClient, name: str) -> tuple[str, str]:
    """(user id, token)"""
    user, headers = await sign_up(client, name)
    return user, headers["authorization"].removeprefix("Bearer ")


def _ws(server: ParlorServer) -> str:
    return f"ws://127.0.0.1:{server.port}/ws"


async def test_a_connection_is_asked_about_and_told_of_from_its_start_to_its_end(tmp_path: Path):
    async with hooked(tmp_path) as (server, client, receiver):
        user, token = await _token(client, "ann")
        async with connect(_ws(server), token) as link:
            assert link.welcome is not None
            key = link.welcome.connection
            (came,) = await receiver.wait_seen(1, "connect", user=user)
        (went,) = await receiver.wait_seen(1, "disconnect", user=user)
        assert came["connection"] == went["connection"] == key
        assert came["device"] == link.welcome.device
        assert came["address"] == "127.0.0.1"
        assert came["id"] != went["id"]
        assert came["at"] <= went["at"]
        (question,) = receiver.questions
        assert (question["kind"], question["user"]) == ("connect", user)
        assert receiver.unsigned == 0
        metrics = (await client.get("/metrics")).text
        assert 'parlor_webhook_events_total{outcome="delivered"} 2.0' in metrics
        assert 'parlor_hook_questions_total{kind="connect",outcome="allowed"} 1.0' in metrics
        assert "\nparlor_webhook_events_waiting 0.0" in metrics


async def test_who_is_vetoed_is_told_why_and_others_come_in(tmp_path: Path):
    async with hooked(tmp_path) as (server, client, receiver):
        bad, bad_token = await _token(client, "bad")
        _, good_token = await _token(client, "good")
        receiver.answer = lambda event: {"allow": event["user"] != bad, "message": "Not you."}
        with pytest.raises(Vetoed, match="Not you"):
            async with connect(_ws(server), bad_token):
                pytest.fail("came in")
        with pytest.raises(Vetoed):
            async with connect(f"tcp://127.0.0.1:{server.port}", bad_token):
                pytest.fail("came in")
        async with connect(_ws(server), good_token):
            await receiver.wait_seen(1, "connect")
        assert receiver.seen("connect", user=bad) == []


@pytest.mark.parametrize("mode", ["500", "hang", "close", "redirect"])
@pytest.mark.parametrize("when_down", ["allow", "refuse"])
async def test_without_an_answer_the_setting_decides(tmp_path: Path, mode: str, when_down: str):
    policy = f"webhooks.when_down={when_down}"
    async with hooked(tmp_path, policy) as (server, client, receiver):
        _, token = await _token(client, "ann")
        receiver.mode = mode
        if when_down == "allow":
            async with connect(_ws(server), token) as link:
                assert link.welcome is not None
        else:
            with pytest.raises(HookUnavailable):
                async with connect(_ws(server), token):
                    pytest.fail("came in")
        assert receiver.questions
        assert receiver.followed == 0


async def test_who_does_not_answer_is_left_alone_and_asked_again_later(tmp_path: Path):
    settings = ("webhooks.breaker_failures=2", "webhooks.breaker_pause_s=3.0")
    async with hooked(tmp_path, *settings) as (server, client, receiver):
        _, token = await _token(client, "ann")
        receiver.mode = "500"
        for _ in range(6):
            with pytest.raises(HookUnavailable):
                async with connect(_ws(server), token):
                    pytest.fail("came in")
        assert len(receiver.questions) == 2
        assert "\nparlor_hook_paused 1.0" in (await client.get("/metrics")).text
        receiver.mode = "ok"
        await asyncio.sleep(3.2)
        async with connect(_ws(server), token):
            pass


@pytest.mark.parametrize("mode", ["500", "hang", "close", "redirect"])
async def test_what_a_receiver_did_not_take_comes_again_in_order(tmp_path: Path, mode: str):
    async with hooked(tmp_path, "webhooks.ask=publish", "webhooks.batch=4") as (
        server,
        client,
        hooks,
    ):
        user, token = await _token(client, "ann")
        hooks.mode = mode
        keys = []
        for _ in range(5):
            async with connect(_ws(server), token) as link:
                assert link.welcome is not None
                keys.append(link.welcome.connection)
        async with asyncio.timeout(15):
            while len(hooks.tries) < 2:
                await asyncio.sleep(0.02)
        assert len({delivery for delivery, _ in hooks.tries}) == 1
        assert hooks.events == []
        hooks.mode = "ok"
        await hooks.wait_seen(5, "disconnect", user=user)
        expected = [(kind, key) for key in keys for kind in ("connect", "disconnect")]
        assert [(event["kind"], event["connection"]) for event in hooks.events] == expected
        assert max(count for _, count in hooks.tries) <= 4
        assert hooks.followed == 0


async def test_a_receiver_that_is_down_slows_nobody_and_costs_bounded_memory(tmp_path: Path):
    settings = ("webhooks.ask=publish", "webhooks.queue=4", "webhooks.timeout_s=10")
    async with hooked(tmp_path, *settings) as (server, client, receiver):
        _, token = await _token(client, "ann")
        receiver.mode = "hang"
        for _ in range(20):
            async with asyncio.timeout(5), connect(_ws(server), token):
                pass
        metrics = (await client.get("/metrics")).text
        waiting = next(
            float(line.split()[1])
            for line in metrics.splitlines()
            if line.startswith("parlor_webhook_events_waiting ")
        )
        dropped = next(
            float(line.split()[1])
            for line in metrics.splitlines()
            if line.startswith("parlor_webhook_events_dropped ")
        )
        assert waiting <= 4 + 4
        assert dropped >= 20


async def test_the_last_disconnects_are_told_when_the_server_stops(tmp_path: Path):
    async with hooked(tmp_path) as (server, client, receiver):
        user, token = await _token(client, "ann")
        async with connect(_ws(server), token):
            await receiver.wait_seen(1, "connect")
            assert await server.stop() == 0
        (went,) = await receiver.wait_seen(1, "disconnect", user=user)
        assert went["reason"] == "draining"


async def test_the_goim_doors_connections_are_asked_about_and_told_of(tmp_path: Path):
    port = free_port()
    flags = ["--door", "goim"]
    settings = [f"doors.goim.tcp_port={port}", "doors.goim.ws_port=0", "doors.goim.http_port=0"]
    async with hooked(tmp_path, "doors.goim.auth=open", *settings, flags=flags) as (_, __, hooks):
        hooks.answer = lambda event: {"allow": event["user"] == "7"}
        client = await GoimTcp.connect(port)
        await client.log_in(mid=7)
        (came,) = await hooks.wait_seen(1, "connect", user="7")
        await client.close()
        await hooks.wait_seen(1, "disconnect", connection=came["connection"])
        client = await GoimTcp.connect(port)
        client.send(packet(7, b'{"mid": 8}'))
        assert await client.read_to_end() == b""
        await client.close()
        assert hooks.seen("connect", user="8") == []


async def test_what_goims_clients_say_is_asked_about_and_told_of(tmp_path: Path):
    port = free_port()
    settings = (
        *(f"doors.goim.{name}_port={number}" for name, number in (("ws", 0), ("http", 0))),
        *(f"doors.goim.tcp_port={port}", "doors.goim.auth=open", "doors.goim.relay=room"),
        *("doors.goim.batch=1", "webhooks.ask=publish"),
    )
    async with hooked(tmp_path, *settings, flags=["--door", "goim"]) as (_, __, hooks):
        hooks.answer = lambda event: {"allow": "spam" not in event["body"]}
        client = await GoimTcp.connect(port)
        await client.log_in(mid=7, room_id="live://1")
        for said in (b"spam!", b"hello"):
            client.send(packet(4, said))
        (told,) = await hooks.wait_seen(1, "publish")
        assert (told["user"], told["room"], told["body"]) == ("7", "live://1", "hello")
        assert told["push_id"]
        assert [question["body"] for question in hooks.questions] == ["spam!", "hello"]
        heard = [await client.read() for _ in range(3)]
        assert [each.body for each in heard if each.body] == [b"hello"]
        await client.close()


async def test_without_webhooks_their_library_is_not_loaded(tmp_path: Path):
    async with running_parlor(tmp_path) as server:
        maps = Path(f"/proc/{server.pid}/maps").read_text()
        assert "/aiohttp/" not in maps
