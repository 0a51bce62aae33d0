import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest

from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.frames import HTTP_FRAMES
from parlor.gateway.people_presence import PeoplePresence
from parlor.im.profiles import PrivacyWish
from parlor.im.statuses import PEOPLE_SUBJECT
from parlor.model.close import Close, CloseCode
from parlor.model.errors import BadRequest, StorageFailed
from parlor.model.people import Who
from parlor.model.status import Presence, State
from tests.support.fake_socket import make_gateway
from tests.support.links import make_link
from tests.support.native_connection import settle
from tests.support.people_services import people_house
from tests.support.storage import ANN, BOB, CEM, DAN


class House:
    """A gateway with links, and presence over a store in memory."""

    def __init__(self, **settings):
        self.gateway, self.clock = make_gateway()
        self.bus = MemoryBus()
        counts = MemoryPresence(self.gateway.hub)
        self.people = people_house(
            *(ANN, BOB, CEM, DAN),
            clock=self.gateway.clock,
            bus=self.bus,
            counts=counts,
            presence_window_s=1e-6,
            last_seen_each_s=3_600.0,
            **settings,
        )
        self.presence = PeoplePresence(
            self.gateway,
            self.people.statuses,
            self.people.store,
            counts,
            self.bus,
            self.people.settings,
        )
        self._keys = 0

    def come(self, user):
        self._keys += 1
        link, _ = make_link(f"k{self._keys}", user, codec=HTTP_FRAMES)
        self.gateway.hub.add(link)
        return link

    def go(self, link):
        link.closing = Close(CloseCode.GOING_AWAY)
        self.gateway.hub.remove(link)

    async def told(self, link):
        """What this connection was told since last asked: (user, state, text) each."""
        await settle()
        await asyncio.sleep(0.001)
        await settle()
        lines = link.take().splitlines()
        pushes = [msgspec.json.decode(line) for line in lines]
        assert all(push["push"] == "presence" for push in pushes)
        return [
            (one["user_id"], one["state"], one["text"])
            for push in pushes
            for one in push["data"]["users"]
        ]


@asynccontextmanager
async def running(**settings):
    house = House(**settings)
    task = asyncio.create_task(house.presence.run())
    await house.presence.subscribed.wait()
    try:
        yield house
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_who_watches_hears_of_coming_and_leaving_and_of_nothing_twice():
    async with running() as house:
        bob = house.come(BOB)
        assert await house.presence.watch(bob, [ANN]) == [Presence(ANN)]
        phone, laptop = house.come(ANN), house.come(ANN)
        assert await house.told(bob) == [(ANN, "online", "")]
        house.go(phone)
        assert await house.told(bob) == []
        house.go(laptop)
        assert await house.told(bob) == [(ANN, "offline", "")]
        assert await house.told(bob) == []


async def test_a_connection_that_is_replaced_at_once_is_not_told():
    async with running() as house:
        bob, ann = house.come(BOB), house.come(ANN)
        await house.presence.watch(bob, [ANN])
        await house.told(bob)
        house.go(ann)
        house.come(ANN)
        assert await house.told(bob) == []


async def test_a_chosen_status_is_told_with_its_text():
    async with running() as house:
        bob, _ = house.come(BOB), house.come(ANN)
        await house.presence.watch(bob, [ANN])
        await house.people.statuses.set(ANN, State.BUSY, "tea")
        assert await house.told(bob) == [(ANN, "busy", "tea")]
        await house.people.statuses.set(ANN, State.BUSY, "tea")
        assert await house.told(bob) == []


async def test_becoming_invisible_looks_like_leaving_and_nothing_after_it_shows():
    async with running() as house:
        bob, ann = house.come(BOB), house.come(ANN)
        await house.presence.watch(bob, [ANN])
        await house.people.statuses.set(ANN, State.INVISIBLE, "")
        assert await house.told(bob) == [(ANN, "offline", "")]
        house.go(ann)
        house.come(ANN)
        assert await house.told(bob) == []


async def test_somebody_who_leaves_was_seen_then_by_whom_may_know():
    async with running() as house:
        await house.people.profiles.set_privacy(ANN, PrivacyWish(last_seen=Who.EVERYBODY))
        bob, ann = house.come(BOB), house.come(ANN)
        await house.presence.watch(bob, [ANN])
        house.clock.at += 60
        house.go(ann)
        await settle()
        await asyncio.sleep(0.001)
        (push,) = [msgspec.json.decode(line) for line in link_lines(bob)]
        assert push["data"]["users"][0]["last_seen"] == house.clock.unix_ms()


def link_lines(link):
    return link.take().splitlines()


async def test_a_block_hides_both_from_each_other_at_once():
    async with running() as house:
        ann, bob = house.come(ANN), house.come(BOB)
        await house.presence.watch(bob, [ANN])
        await house.presence.watch(ann, [BOB])
        await house.people.contacts.block(BOB, ANN, on=True)
        assert await house.told(bob) == [(ANN, "offline", "")]
        assert await house.told(ann) == [(BOB, "offline", "")]
        await house.people.contacts.block(BOB, ANN, on=False)
        assert await house.told(bob) == [(ANN, "online", "")]


async def test_privacy_shows_a_change_to_contacts_alone():
    async with running() as house:
        bob, cem, _ = house.come(BOB), house.come(CEM), house.come(ANN)
        await house.people.contacts.request(ANN, BOB, "")
        await house.people.contacts.decide(BOB, ANN, accept=True)
        for link in (bob, cem):
            await house.presence.watch(link, [ANN])
            await house.told(link)
        await house.people.profiles.set_privacy(ANN, PrivacyWish(presence=Who.CONTACTS))
        assert await house.told(cem) == [(ANN, "offline", "")]
        await house.people.statuses.set(ANN, State.AWAY, "")
        assert await house.told(cem) == []
        assert await house.told(bob) == [(ANN, "away", "")]


async def test_a_new_list_ends_the_old_one():
    async with running() as house:
        bob = house.come(BOB)
        await house.presence.watch(bob, [ANN, CEM])
        await house.presence.watch(bob, [CEM])
        house.come(ANN)
        assert await house.told(bob) == []
        house.come(CEM)
        assert await house.told(bob) == [(CEM, "online", "")]
        await house.presence.watch(bob, [])
        house.go(house.come(CEM))
        assert await house.told(bob) == []


async def test_many_changes_at_once_are_one_push():
    async with running() as house:
        bob = house.come(BOB)
        await house.presence.watch(bob, [ANN, CEM, DAN])
        for user in (ANN, CEM, DAN):
            house.come(user)
        await settle()
        await asyncio.sleep(0.001)
        (line,) = link_lines(bob)
        assert len(msgspec.json.decode(line)["data"]["users"]) == 3


async def test_a_list_goes_with_its_connection():
    async with running() as house:
        bob = house.come(BOB)
        await house.presence.watch(bob, [ANN, CEM])
        assert len(house.presence.lists) == 2
        house.go(bob)
        assert len(house.presence.lists) == 0
        assert await house.presence.watch(bob, [ANN]) == ()
        assert len(house.presence.lists) == 0


async def test_a_list_has_a_length():
    async with running(max_watched=2) as house:
        bob = house.come(BOB)
        await house.presence.watch(bob, [ANN, CEM, ANN])
        with pytest.raises(BadRequest):
            await house.presence.watch(bob, [ANN, CEM, DAN])
        assert len(house.presence.lists) == 2


async def test_what_changes_while_a_list_is_read_is_in_the_answer():
    async with running() as house:
        bob, _ = house.come(BOB), house.come(ANN)
        held, read = asyncio.Event(), house.people.store.sights

        async def slow(pairs):
            found = await read(pairs)
            await held.wait()
            return found

        house.people.store.sights = slow
        watching = asyncio.create_task(house.presence.watch(bob, [ANN]))
        await settle()
        await house.people.statuses.set(ANN, State.BUSY, "")
        await settle()
        await asyncio.sleep(0.001)
        await settle()
        held.set()
        assert [one.state for one in await watching] == [State.BUSY]


async def test_what_cannot_be_read_is_told_later():
    async with running() as house:
        bob, _ = house.come(BOB), house.come(ANN)
        await house.presence.watch(bob, [ANN])
        read, broken = house.people.store.sights, asyncio.Event()

        async def failing(pairs):
            if not broken.is_set():
                broken.set()
                raise StorageFailed
            return await read(pairs)

        house.people.store.sights = failing
        await house.people.statuses.set(ANN, State.AWAY, "")
        assert await house.told(bob) + await house.told(bob) == [(ANN, "away", "")]


async def test_what_could_not_be_read_is_not_forgotten_when_more_happens_meanwhile():
    async with running() as house:
        bob, ann = house.come(BOB), house.come(ANN)
        await house.presence.watch(bob, [ANN])
        read, reading, held = house.people.store.sights, asyncio.Event(), asyncio.Event()

        async def failing_late(pairs):
            house.people.store.sights = read
            reading.set()
            await held.wait()
            raise StorageFailed

        house.people.store.sights = failing_late
        await house.people.contacts.block(ANN, BOB, on=True)
        await reading.wait()
        house.go(ann)
        house.come(ANN)
        await settle()
        held.set()
        assert await house.told(bob) + await house.told(bob) == [(ANN, "offline", "")]


async def test_nonsense_on_the_bus_is_counted_and_hinders_nothing():
    async with running() as house:
        bob = house.come(BOB)
        await house.presence.watch(bob, [ANN])
        await house.bus.publish(PEOPLE_SUBJECT, b"\xc1nonsense")
        house.come(ANN)
        assert await house.told(bob) == [(ANN, "online", "")]
        assert house.gateway.meter.counted["bus_messages_refused_total"] == 1


async def test_who_was_seen_last_is_written_and_kept_when_it_cannot_be():
    async with running() as house:
        ann = house.come(ANN)
        house.clock.at += 5
        house.go(ann)
        write, house.people.store.put_last_seen = house.people.store.put_last_seen, failing_write
        await house.presence.write()
        assert house.presence.unwritten == 1
        house.people.store.put_last_seen = write
        await house.presence.write()
        assert house.presence.unwritten == 0
        (sight,) = await house.people.store.sights([(ANN, ANN)])
        assert sight.last_seen == house.clock.unix_ms()


async def test_writing_at_the_end_does_not_mind_a_round_that_is_under_way():
    async with running() as house:
        ann = house.come(ANN)
        house.go(ann)
        write, both = house.people.store.put_last_seen, asyncio.Barrier(2)

        async def written_by_both(at_ms):
            await both.wait()
            await write(at_ms)

        house.people.store.put_last_seen = written_by_both
        await asyncio.gather(house.presence.write(), house.presence.write())
        assert house.presence.unwritten == 0


async def failing_write(at_ms):
    raise StorageFailed
