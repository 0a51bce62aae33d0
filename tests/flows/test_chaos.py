"""People talk, change what was said and come and go while the server is killed, links are cut,
announcements are lost and the database server dies: what was acknowledged is there exactly once,
everywhere in the same order, and everybody ends with the same picture of it.

`make chaos` is the long form: ROUNDS=20 of it for each database.
"""

import asyncio
import os
import random
import time
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from parlor.model.event import EventKind
from tests.support.as_shown import own_entries, shown_snapshot, whole_log
from tests.support.breaking import Breaking
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
AFTER_THE_DATABASE = 10
"""Acts that are answered by a server whose database was away, before the server dies itself."""
PATIENCE_S = 300
"""For one step of a round. However slow the machine is, what takes this long hangs."""
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
    began = time.monotonic()
    async with database_of(kind) as (database, address):
        flags = (*FLAGS, "--set", f"storage.url={address}")
        async with running_parlor(tmp_path, flags, lossy=LOST) as server:
            people = [await sign_up(server.url, f"person{n}") for n in range(PEOPLE)]
            guest = people[-1]
            conversations = await _conversations(people)
            history = History()
            async with relay_to(server.port) as relay:
                url = f"ws://127.0.0.1:{relay.port}/ws"
                devices = [
                    Device(
                        person, f"p{p}d{d}", url, conversations, history, SEED + 10 * p + d,
                        guest=guest.id, by_changes=d == 0,
                    )
                    for p, person in enumerate(people)
                    for d in range(DEVICES)
                ]  # fmt: skip
                breaking = Breaking(server, database, relay, random.Random(SEED))
                async with asyncio.TaskGroup() as alive:
                    lives = [alive.create_task(device.live()) for device in devices]
                    while breaking.rounds < ROUNDS:
                        await much_happens(history, devices)
                        await breaking.round(
                            lambda: much_happens(history, devices, AFTER_THE_DATABASE)
                        )
                    await much_happens(history, devices)
                    await all_has_happened(devices)
                    async with patience(devices):
                        await asyncio.gather(*(device.fall_silent() for device in devices))
                    for conversation in conversations:
                        back = {"client_id": "back", "conversation_id": conversation}
                        assert (await guest.post("/groups/join", back))["inside"]
                    async with patience(devices):
                        for device in devices:
                            device.leave()
                        await asyncio.gather(*lives)
            await read_the_end(history, people, conversations)

    found = faults(history)
    took_s = time.monotonic() - began
    print(summary(kind, took_s, history, devices, breaking, found))
    assert not found, f"SEED={SEED}: " + "\n".join(found)
    for (user, code), times in history.refusals.items():
        allowed = MAY_REFUSE | OF_THE_GUEST if user == guest.id else MAY_REFUSE
        who = "the guest" if user == guest.id else user
        assert code in allowed, f"SEED={SEED}: {who} heard {code} {times} times"
    assert len(history.acknowledged) >= AT_LEAST * ROUNDS
    assert {event.kind for log in history.stored.values() for event in log} >= HAPPENS


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


async def much_happens(history, devices, acts=AT_LEAST):
    """However slow the machine is."""
    until = len(history.acknowledged) + acts
    async with patience(devices):
        while len(history.acknowledged) < until:
            await asyncio.sleep(0.05)


async def all_has_happened(devices):
    """Everybody has come back at least once, and somebody has done each kind of act."""
    async with patience(devices):
        while not (
            all(device.connects > 1 for device in devices)
            and {event.kind for log in devices[0].logs.values() for event in log} >= HAPPENS
        ):
            await asyncio.sleep(0.05)


@asynccontextmanager
async def patience(devices):
    """Says what every device waits for when it is over."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    except TimeoutError:
        raise AssertionError(
            f"SEED={SEED}: nothing goes on:\n" + "\n".join(map(str, devices))
        ) from None


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


def summary(kind, took_s, history, devices, breaking, found):
    """What a long run has seen, for whoever watches it with `-s`."""
    trouble: Counter[str] = sum((device.trouble for device in devices), Counter())
    return (
        f"\n{kind}: SEED={SEED}, {breaking.rounds} rounds in {took_s:.0f} s: "
        f"{len(history.acknowledged)} acts and {len(history.own.acknowledged)} of people's own "
        f"acknowledged, {len(history.undone)} not done, {len(found)} faults; "
        f"broken: {_counted(breaking.done)}; "
        f"{sum(device.connects for device in devices)} connections; heard: {_counted(trouble)}"
    )


def _counted(what):
    return ", ".join(f"{times} {name}" for name, times in sorted(what.items()))
