"""The durable queue over HTTP: accepted means delivered, whatever happens to the server."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from tests.support.mail_reader import a_customer, a_program
from tests.support.rest_server import http_to
from tests.support.server import ParlorServer, running_parlor

QUEUE_ONLY = ["--set", "durable.deliver=false"]


async def revived(server: ParlorServer, *flags: str) -> None:
    """Kill it, and start it with other flags on the same data."""
    await server.kill()
    server.flags = flags
    await server.start()


async def test_what_was_accepted_while_nobody_delivers_arrives_later_in_order(tmp_path: Path):
    async with running_parlor(tmp_path, QUEUE_ONLY) as server, http_to(server) as http:
        ann = await a_customer(server, http, "ann")
        await ann.meet("phone")
        program = await a_program(server, http)
        to = {"users": [ann.id]}
        ids = [await program.must_push(to, f"{n}", durable=True, id=f"n{n}") for n in range(100)]
        async with ann.on("phone") as connection:
            assert connection.welcome["mail"] == 0
        metrics = (await http.get("/metrics")).text
        assert "parlor_durable_waiting 100.0" in metrics
        await revived(server)
        async with ann.on("phone") as connection:
            got = await connection.get_all()
            while len(got) < 100:
                got += await connection.get_all()
        assert [one["push_id"] for one in got] == ids
        again = await program.must_push(to, "0", durable=True, id="n0")
        assert again == ids[0]


async def test_an_id_is_the_same_push_after_a_restart_and_is_sent_to_nobody(tmp_path: Path):
    async with running_parlor(tmp_path) as server, http_to(server) as http:
        ben = await a_customer(server, http, "ben")
        program = await a_program(server, http)
        async with ben.on("phone") as connection:
            first = await program.must_push({"users": [ben.id]}, "x", durable=True, id="one")
            (got,) = await connection.get(1)
            await connection.ack(got["mail"])
        assert await server.stop() == 0
        await server.start()
        async with ben.on("phone") as connection:
            again = await program.must_push({"users": [ben.id]}, "x", durable=True, id="one")
            assert again == first == got["push_id"]
            assert await connection.get_quiet() == []


async def test_a_full_queue_refuses_with_a_code_and_a_time(tmp_path: Path):
    flags = [*QUEUE_ONLY, "--set", "durable.max_entries=5"]
    async with running_parlor(tmp_path, flags) as server, http_to(server) as http:
        program = await a_program(server, http)
        for n in range(5):
            await program.must_push({"room": "r"}, f"{n}", durable=True)
        refused = await program.push({"room": "r"}, "one too many", durable=True)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "log_full"
        assert int(refused.headers["retry-after"]) >= 1
        assert "parlor_durable_refused_total 1.0" in (await http.get("/metrics")).text
        await program.must_push({"room": "r"}, "others pass")


async def test_kill_9_at_any_moment_of_delivery_loses_nothing_that_was_accepted(tmp_path: Path):
    chance = random.Random(4)
    async with running_parlor(tmp_path, QUEUE_ONLY) as server, http_to(server) as http:
        cem = await a_customer(server, http, "cem")
        await cem.meet("phone")
        program = await a_program(server, http)
        to = {"users": [cem.id]}
        ids = [await program.must_push(to, f"{n}", durable=True) for n in range(300)]
        for _ in range(5):
            await revived(server, "--set", "durable.batch=3")
            await asyncio.sleep(chance.uniform(0.0, 0.15))
        await revived(server)
        got: list[str] = []
        async with asyncio.timeout(30):
            while len(set(got)) < len(ids):
                async with cem.on("phone") as connection:
                    got += [one["push_id"] for one in await connection.get_all()]
        assert list(dict.fromkeys(got)) == ids
