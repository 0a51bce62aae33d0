"""People talk while the server is killed, links are cut, announcements are lost and the database
server dies: what was acknowledged is there exactly once, everywhere in the same order.

`make chaos` is the long form: ROUNDS=20 of it for each database.
"""

import asyncio
import os
import random

import msgspec
import pytest

from parlor.model.event import Event
from parlor.wire.native import methods as wire
from tests.support.device import Device
from tests.support.histories import History, faults
from tests.support.people import sign_up
from tests.support.relay import relay_to
from tests.support.server import running_parlor
from tests.support.stored_in import database_of

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SEED = int(os.environ.get("SEED", "20261121"))
PEOPLE = 4
DEVICES = 2
LOST = "0.3"
"""Of what goes over the bus."""
FLAGS = (
    "--set", "gateway.requests_per_second=100000",
    "--set", "gateway.request_burst=100000",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
async def test_nothing_acknowledged_is_lost_doubled_or_reordered_whatever_dies(tmp_path, kind):
    chance = random.Random(SEED)
    async with database_of(kind) as (database, address):
        flags = (*FLAGS, "--set", f"storage.url={address}")
        async with running_parlor(tmp_path, flags, lossy=LOST) as server:
            people = [await sign_up(server.url, f"person{n}") for n in range(PEOPLE)]
            conversations = [
                await people[0].talk_to(*people[1:], title="Everybody"),
                await people[1].talk_to(*people[2:], people[0], title="Again"),
            ]
            history = History()
            async with relay_to(server.port) as relay, asyncio.timeout(60 + 30 * ROUNDS):
                url = f"ws://127.0.0.1:{relay.port}/ws"
                devices = [
                    Device(person, f"p{p}d{d}", url, conversations, history, SEED + 10 * p + d)
                    for p, person in enumerate(people)
                    for d in range(DEVICES)
                ]
                async with asyncio.TaskGroup() as alive:
                    for device in devices:
                        alive.create_task(device.live())
                    for _ in range(ROUNDS):
                        await break_things(server, database, relay, chance)
                    await asyncio.sleep(0.5)
                    await asyncio.gather(*(device.fall_silent() for device in devices))
                    for device in devices:
                        device.leave()
            for conversation in conversations:
                history.stored[conversation] = await whole_log(people[0], conversation)
            for person in people:
                await person.rest.aclose()

    assert faults(history) == [], f"SEED={SEED}"
    assert len(history.acknowledged) >= 20 * ROUNDS
    assert all(device.connects > ROUNDS for device in devices)


async def break_things(server, database, relay, chance):
    """One round: links are cut now and then, then the server dies, and perhaps the database."""
    for _ in range(chance.randint(1, 4)):
        await asyncio.sleep(chance.uniform(0.1, 0.5))
        relay.cut(0.3, chance)
    await asyncio.sleep(chance.uniform(0.1, 0.5))
    if database is not None and chance.random() < 0.5:
        await asyncio.to_thread(database.kill)
        await asyncio.sleep(chance.uniform(0, 0.3))
        await asyncio.to_thread(database.start)
        await asyncio.sleep(chance.uniform(0, 0.5))
    await server.kill()
    if database is not None and chance.random() < 0.3:
        await asyncio.to_thread(database.kill)
        await asyncio.to_thread(database.start)
    await server.start()


async def whole_log(person, conversation):
    """As the server has it in the end."""
    events: list[Event] = []
    more = True
    while more:
        page = await person.get(
            f"/conversations/{conversation}/events?after={len(events)}&limit=200"
        )
        found = msgspec.convert(page, wire.EventsResult)
        events += found.events
        more = found.more
    return events
