"""People talk, change what was said and come and go while the server is killed, links are cut,
announcements are lost and the database server dies: what was acknowledged is there exactly once,
everywhere in the same order, and everybody ends with the same picture of it.

`make chaos` is the long form: ROUNDS=20 of it for each database.
"""

import asyncio
import os
import random

import pytest

from parlor.model.event import EventKind
from tests.support.as_shown import own_entries, shown_snapshot, whole_log
from tests.support.device import Device
from tests.support.histories import History, Place, faults
from tests.support.people import sign_up
from tests.support.relay import relay_to
from tests.support.server import running_parlor
from tests.support.stored_in import database_of

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SEED = int(os.environ.get("SEED", "20261121"))
PEOPLE = 4
"""The last of them is the guest, who comes and goes."""
DEVICES = 2
"""Of each: one keeps up by `sync.changes`, one by `events.list` and `self.list`."""
AT_LEAST = 40
"""Acts of a round that are answered before things break."""
LOST = "0.3"
"""Of what goes over the bus."""
FLAGS = (
    "--set", "gateway.requests_per_second=100000",
    "--set", "gateway.request_burst=100000",
)  # fmt: skip
OPEN = {"join": "open", "permissions": {"pin": "member", "edit_info": "member"}}
MAY_REFUSE = {
    "forbidden",  # not theirs to remove, not heard for a while
    "message_gone",  # recalled by somebody
    "limit_reached",  # pins, reactions of one person
    "not_found",  # a role or a mute for the guest, who is out
    "too_late",
}
OF_THE_GUEST = {"not_member", "owner_must_transfer"}
HAPPENS = {
    EventKind.MESSAGE, EventKind.EDIT, EventKind.RECALL, EventKind.REACTION, EventKind.PIN,
    EventKind.TITLE, EventKind.JOINED, EventKind.LEFT,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
async def test_nothing_acknowledged_is_lost_doubled_or_reordered_whatever_dies(tmp_path, kind):
    chance = random.Random(SEED)
    async with database_of(kind) as (database, address):
        flags = (*FLAGS, "--set", f"storage.url={address}")
        async with running_parlor(tmp_path, flags, lossy=LOST) as server:
            people = [await sign_up(server.url, f"person{n}") for n in range(PEOPLE)]
            guest = people[-1]
            conversations = await _conversations(people)
            history = History()
            async with relay_to(server.port) as relay, asyncio.timeout(120 + 30 * ROUNDS):
                url = f"ws://127.0.0.1:{relay.port}/ws"
                devices = [
                    Device(
                        person, f"p{p}d{d}", url, conversations, history, SEED + 10 * p + d,
                        guest=guest.id, by_changes=d == 0,
                    )
                    for p, person in enumerate(people)
                    for d in range(DEVICES)
                ]  # fmt: skip
                async with asyncio.TaskGroup() as alive:
                    for device in devices:
                        alive.create_task(device.live())
                    for _ in range(ROUNDS):
                        await much_happens(history)
                        await break_things(server, database, relay, chance)
                    await asyncio.sleep(0.5)
                    await asyncio.gather(*(device.fall_silent() for device in devices))
                    for conversation in conversations:
                        back = {"client_id": "back", "conversation_id": conversation}
                        assert (await guest.post("/groups/join", back))["inside"]
                    for device in devices:
                        device.leave()
            await read_the_end(history, people, conversations)

    found = faults(history)
    assert not found, f"SEED={SEED}: " + "\n".join(found)
    for (user, code), times in history.refusals.items():
        allowed = MAY_REFUSE | OF_THE_GUEST if user == guest.id else MAY_REFUSE
        assert code in allowed, f"{user} heard {code} {times} times"
    assert len(history.acknowledged) >= AT_LEAST * ROUNDS
    assert {event.kind for log in history.stored.values() for event in log} >= HAPPENS
    assert all(device.connects > 1 for device in devices)


async def _conversations(people):
    """Two, each owned by somebody else, which the guest can come back to."""
    made = [
        (people[0], await people[0].talk_to(*people[1:], title="Everybody")),
        (people[1], await people[1].talk_to(*people[2:], people[0], title="Again")),
    ]
    for owner, conversation in made:
        wish = {"client_id": "open", "settings": OPEN}
        await owner.post(f"/conversations/{conversation}/update", wish)
    return [conversation for _, conversation in made]


async def much_happens(history):
    """However slow the machine is."""
    until = len(history.acknowledged) + AT_LEAST
    while len(history.acknowledged) < until:
        await asyncio.sleep(0.05)


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


async def read_the_end(history, people, conversations):
    """What the server has once everything is silent."""
    for conversation in conversations:
        log, states = await whole_log(people[0], conversation)
        history.stored[conversation] = log
        history.shown[conversation] = await shown_snapshot(people[0], conversation, states)
    for number, person in enumerate(people):
        history.own.stored[person.id] = await own_entries(person)
        for conversation in conversations:
            shown = (await person.get(f"/conversations/{conversation}"))["conversation"]
            place = Place(shown["read_seq"], shown["unread"])
            history.places[person.id, conversation] = place
            for (device, where), positions in history.reads.items():
                if where == conversation and device.startswith(f"p{number}d"):
                    positions.append(place.read_seq)
        await person.rest.aclose()
