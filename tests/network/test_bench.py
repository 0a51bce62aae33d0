"""`parlor bench` against a real server: what it says is what happened."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.ports import free_port
from tests.support.rest_server import make_key
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "a secret of the shop: 32 bytes at least"
LIMIT_S = 60.0
CONNECTIONS = 60
RATE, SECONDS = 20.0, 1.5


@dataclass
class Bench:
    """A server with a goim door, and the flags with which the tool reaches it."""

    server: ParlorServer
    key: str
    goim_tcp: int
    goim_ws: int
    goim_http: int

    def native(self, scheme: str = "http") -> list[str]:
        return [
            "--url", f"{scheme}://127.0.0.1:{self.server.port}",
            "--jwt-secret", SECRET, "--audience", "shop",
        ]  # fmt: skip

    def goim(self, url: str) -> list[str]:
        push = f"http://127.0.0.1:{self.goim_http}"
        return ["--protocol", "goim", "--url", url, "--push-url", push]

    async def start(self, scenario: str, *flags: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "parlor.boot.cli", "bench", scenario, *flags, "--json",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, scenario: str, *flags: str) -> dict[str, dict[str, Any]]:
        """The figures by name, of a run that came to its end."""
        process = await self.start(scenario, *flags)
        status, figures, said = await ended(process)
        assert status == 0, said
        return figures

    async def push(self, scenario: str, *flags: str) -> dict[str, Any]:
        """As `run`; every push and every delivery is accounted for."""
        figures = await self.run(
            scenario, *flags, "--key", self.key, "--connections", str(CONNECTIONS),
            "--rate", str(RATE), "--seconds", str(SECONDS),
        )  # fmt: skip
        made = figures[f"{scenario}.deliveries"]
        assert made["delivered"] == 1.0, made
        assert made["arrived"] == made["expected"] > 0
        assert made["missed"] == made["refused"] == 0
        assert 0 < made["p50_ms"] <= made["p99_ms"] <= made["p999_ms"]
        assert figures[f"{scenario}.connections"]["value"] == CONNECTIONS
        assert figures[f"{scenario}.server_memory"]["value"] > 10
        assert figures[f"{scenario}.server_cpu"]["value"] > 0
        return made


async def ended(process: asyncio.subprocess.Process) -> tuple[int, dict[str, dict[str, Any]], str]:
    """(exit status, figures by name, what was said on standard error)"""
    async with asyncio.timeout(LIMIT_S):
        out, err = await process.communicate()
    said = err.decode()
    assert "Traceback" not in said, said
    figures = [json.loads(line) for line in out.splitlines()]
    assert process.returncode is not None
    return process.returncode, {figure["figure"]: figure for figure in figures}, said


async def until_said(process: asyncio.subprocess.Process, words: bytes) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(LIMIT_S):
        while words not in await process.stderr.readline():
            assert not process.stderr.at_eof()


@contextlib.asynccontextmanager
async def running(folder: Path, *settings: str) -> AsyncIterator[Bench]:
    ports = [free_port() for _ in range(3)]
    named = zip(("tcp", "ws", "http"), ports, strict=True)
    chosen = [
        f"auth.jwt.secret={SECRET}",
        "auth.jwt.audience=shop",
        "doors.goim.auth=open",
        "doors.goim.batch=1",
        *(f"doors.goim.{name}_port={port}" for name, port in named),
        *settings,
    ]
    flags = ["--door", "goim", *(word for each in chosen for word in ("--set", each))]
    async with running_parlor(folder, flags) as server:
        yield Bench(server, await make_key(server, "bench", "push"), *ports)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    """Each test leaves it running."""
    async with running(tmp_path_factory.mktemp("bench")) as made:
        yield made


async def test_what_is_pushed_arrives_once_at_everybody_over_every_native_transport(bench):
    for scheme in ("http", "tcp"):
        made = await bench.push("push", *bench.native(scheme), "--processes", "2")
        assert made["expected"] == RATE * SECONDS * CONNECTIONS


async def test_goim_clients_are_counted_the_same(bench):
    for url in (f"tcp://127.0.0.1:{bench.goim_tcp}", f"ws://127.0.0.1:{bench.goim_ws}/sub"):
        made = await bench.push("rooms", *bench.goim(url), "--rooms", "6")
        assert made["expected"] == RATE * SECONDS * CONNECTIONS / 6


async def test_the_sum_of_all_counters_is_offered_times_online(bench):
    """Long enough to join pushes in one write and to cut messages in segments."""
    for rooms in (1, 20):
        figures = await bench.run(
            "rooms", *bench.native(), "--key", bench.key, "--connections", "400",
            "--rooms", str(rooms), "--rate", "100", "--seconds", "4", "--payload", "2000",
        )  # fmt: skip
        made = figures["rooms.deliveries"]
        assert made["expected"] == made["arrived"] == 100 * 4 * 400 / rooms


async def test_who_comes_and_goes_is_let_in_each_time(bench):
    figures = await bench.run(
        "churn", *bench.native(), "--connections", "50", "--rate", "40", "--seconds", "2"
    )
    assert 60 <= figures["churn.comings"]["value"] * 2 <= 90
    assert figures["churn.connections"]["refused"] == 0
    assert figures["churn.connections"]["p99_ms"] > 0


async def test_a_storm_ends_when_all_are_back(bench):
    figures = await bench.run("storm", *bench.native("tcp"), "--connections", "200")
    assert figures["storm.back"]["delivered"] == 1.0
    assert figures["storm.connections"]["value"] == 200


async def test_idle_connections_are_held_by_their_heartbeats(tmp_path):
    async with running(tmp_path, "gateway.heartbeat_s=0.5") as bench:
        flags = ("--connections", "50", "--seconds", "3", "--heartbeat", "0.4")
        figures = await bench.run("idle", *bench.native(), *flags)
    assert figures["idle.connections"]["value"] == 50
    assert "ended by the server" not in figures["idle.connections"]["note"]


async def test_slow_readers_miss_what_the_others_get(tmp_path):
    async with running(tmp_path, "gateway.outbox_frames=4") as bench:
        figures = await bench.run(
            "slow", *bench.native(), "--key", bench.key, "--connections", "20", "--slow", "0.25",
            "--rate", "60", "--seconds", "3", "--payload", "60000", "--slow-each", "2",
        )  # fmt: skip
    quick, slow = figures["slow.deliveries"], figures["slow.slow_readers"]
    assert quick["expected"] == 60 * 3 * 15
    assert slow["missed"] > 0
    assert slow["arrived"] + slow["missed"] == 60 * 3 * 5, "each was delivered or told as missed"


async def test_a_mix_counts_only_those_who_stay(bench):
    figures = await bench.run(
        "mixed", *bench.native(), "--key", bench.key, "--connections", "100", "--rooms", "4",
        "--seconds", "2",
    )  # fmt: skip
    made = figures["mixed.deliveries"]
    assert made["delivered"] == 1.0
    assert made["expected"] == 20 * 88 / 4


async def test_durable_messages_are_acknowledged_and_shown_to_the_other(tmp_path):
    async with running(tmp_path, "accounts.hash_memory_kib=8192") as bench:
        url = f"http://127.0.0.1:{bench.server.port}"
        figures = await bench.run(
            "send", "--url", url, "--connections", "4", "--rate", "40", "--seconds", "2"
        )
    made = figures["send.messages"]
    assert made["delivered"] == 1.0
    assert 70 <= made["arrived"] <= 81


async def test_more_than_the_server_admits_are_counted_with_its_reason(tmp_path):
    async with running(tmp_path, "gateway.max_connections=30") as bench:
        figures = await bench.run("idle", *bench.native(), "--connections", "50", "--seconds", "1")
    held = figures["idle.connections"]
    assert held["value"] + held["refused"] == 50
    assert 20 <= held["value"] <= 30
    assert "refused: " in held["note"]


async def test_a_server_that_is_killed_is_one_line_and_status_1(bench):
    for scenario in ("push", "idle"):
        process = await bench.start(
            scenario, *bench.native(), "--key", bench.key, "--seconds", "30"
        )
        await until_said(process, b"pushing" if scenario == "push" else b"holding")
        await bench.server.kill()
        status, figures, said = await ended(process)
        assert status == 1
        assert "the server went away" in said.splitlines()[-1]
        assert figures[f"{scenario}.connections"]["value"] <= 100
        await bench.server.start()


async def test_a_server_that_is_not_there_is_one_line_and_status_1(bench):
    process = await bench.start("idle", "--url", f"http://127.0.0.1:{free_port()}")
    status, figures, said = await ended(process)
    assert status == 1
    assert figures["idle.connections"]["value"] == 0
    assert "nobody was let in: Connection refused" in said.splitlines()[-1]


async def test_ctrl_c_ends_it_and_prints_what_was_measured(bench):
    process = await bench.start("push", *bench.native(), "--key", bench.key, "--seconds", "60")
    await until_said(process, b"pushing")
    await asyncio.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    status, figures, _ = await ended(process)
    assert status == 130
    assert figures["push.deliveries"]["arrived"] > 0


async def test_a_storm_follows_a_server_through_its_restart(bench):
    flags = ("--restart-pid", str(bench.server.pid), "--connections", "100")
    process = await bench.start("storm", *bench.native(), *flags)
    await until_said(process, b"coming back")
    assert await bench.server.wait_ended() == 0
    await bench.server.start()
    status, figures, said = await ended(process)
    assert status == 0, said
    assert figures["storm.back"]["delivered"] == 1.0
    assert "draining (100)" in figures["storm.back"]["note"]


async def test_a_storm_waits_for_a_restart_by_others(bench):
    flags = ("--wait-restart", "--connections", "50", "--seconds", "30")
    process = await bench.start("storm", *bench.native("tcp"), *flags)
    await until_said(process, b"waiting for the restart")
    await bench.server.kill()
    await bench.server.start()
    status, figures, said = await ended(process)
    assert status == 0, said
    assert figures["storm.back"]["delivered"] == 1.0
    assert figures["storm.connections"]["value"] == 50


async def test_wrong_usage_is_status_2_and_one_line(bench):
    process = await bench.start("push", *bench.native())
    status, figures, said = await ended(process)
    assert (status, figures) == (2, {})
    assert len(said.splitlines()) == 1
    assert "--key" in said
