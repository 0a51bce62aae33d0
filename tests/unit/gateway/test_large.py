import asyncio

import pytest

from parlor.drivers.memory.bus import MemoryBus
from parlor.gateway.deliver import Deliver
from parlor.gateway.large import LOOK_UP, RECHECK_S, SLICE, LargeConversations
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.outbox import Frame
from parlor.model.errors import StorageFailed
from parlor.model.event import Draft, EventKind, event_of
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.push import Delivery, ToConversation
from parlor.push.route import Route
from parlor.wire.native.pushes import EventPush
from tests.support.fake_socket import PlainCodec, make_gateway
from tests.support.links import make_link

TALK = ConversationId("7")
ANN, BOB, CEM = UserId("1"), UserId("2"), UserId("3")


class SeqCodec(PlainCodec):
    """An event is its seq; counts what it encodes."""

    def __init__(self):
        self.encoded = 0

    def notice(self, name, payload):
        self.encoded += 1
        return Frame(f"<{payload.event.seq}>".encode(), Delivery.MUST_ARRIVE)


class Members:
    """Who is in which conversation; `asked` are the sizes of the questions."""

    def __init__(self):
        self.inside = set()
        self.asked = []
        self.failure = None

    async def among(self, pairs):
        self.asked.append(len(pairs))
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return self.inside & set(pairs)


class House:
    def __init__(self, **settings):
        self.gateway, self.clock = make_gateway(GatewaySettings(**settings))
        self.members, self.codec = Members(), SeqCodec()
        self.bus = MemoryBus()
        self.large = LargeConversations(self.gateway, self.members)
        self.deliver = Deliver(self.gateway, self.bus, self.large)
        self.seq = 1
        self.running = None

    def come(self, key, user):
        link, _ = make_link(key, user, f"device-{key}", codec=self.codec)
        self.gateway.hub.add(link)
        return link

    def is_in(self, *users):
        self.members.inside |= {(TALK, user) for user in users}

    def event(self, kind=EventKind.MESSAGE, members=(), seq=None):
        self.seq = self.seq + 1 if seq is None else seq
        return EventPush(event_of(Draft(TALK, kind, ANN, members=members), self.seq, 5))

    async def announce(self, *pushes, not_to=None):
        """As a service would, over the bus and through the deliverer."""
        if self.running is None:
            self.running = asyncio.ensure_future(self.deliver.run())
            await self.deliver.subscribed.wait()
        for push in pushes:
            await Route(self.bus).notify_conversation(TALK, push, not_to=not_to)
        await self.deliver.settle()

    async def close(self):
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)


@pytest.fixture
async def build():
    houses = []

    def built(**settings):
        houses.append(House(**settings))
        return houses[-1]

    yield built
    for house in houses:
        await house.close()


@pytest.fixture
async def house(build):
    return build()


async def test_members_who_are_here_get_it_and_nobody_else(house):
    ann, laptop, bob, cem = (
        house.come(key, user) for key, user in zip("abcd", (ANN, ANN, BOB, CEM), strict=True)
    )
    house.is_in(ANN, BOB, UserId("99"))
    await house.announce(house.event())
    assert [link.take() for link in (ann, laptop, bob, cem)] == [b"<2>", b"<2>", b"<2>", b""]
    assert house.codec.encoded == 1


async def test_the_connection_that_caused_it_is_left_out_and_its_user_is_not(house):
    ann, laptop = house.come("a", ANN), house.come("b", ANN)
    house.is_in(ANN)
    await house.announce(house.event(), not_to=ConnectionKey("a"))
    assert (ann.take(), laptop.take()) == (b"", b"<2>")


async def test_in_one_write_each_sender_misses_only_what_it_said_itself(house):
    ann, bob, cem = (
        house.come(key, user) for key, user in zip("abc", (ANN, BOB, CEM), strict=True)
    )
    house.is_in(ANN, BOB, CEM)
    for key in ("a", "b", "x"):
        house.large.put_nowait(ToConversation(TALK, ConnectionKey(key)), "event", house.event())
    await house.large.settle()
    assert [link.take() for link in (ann, bob, cem)] == [b"<3><4>", b"<2><4>", b"<2><3><4>"]


async def test_people_are_looked_up_once_and_whoever_comes_later_alone(house):
    house.come("a", ANN)
    house.is_in(ANN, BOB)
    await house.announce(house.event())
    await house.announce(house.event())
    assert house.members.asked == [1]
    bob = house.come("b", BOB)
    await house.announce(house.event())
    assert house.members.asked == [1, 1]
    assert bob.take() == b"<4>"


async def test_a_lookup_is_of_those_who_are_here_in_bounded_questions(house):
    for number in range(LOOK_UP + 10):
        house.come(f"k{number}", f"{number}")
    await house.announce(house.event())
    assert house.members.asked == [LOOK_UP, 10]


async def test_a_wide_audience_gets_it_whole(house):
    links = [house.come(f"k{number}", f"{number}") for number in range(2 * SLICE + 3)]
    house.is_in(*(link.user for link in links))
    await house.announce(house.event())
    assert {link.take() for link in links} == {b"<2>"}
    assert house.codec.encoded == 1


async def test_who_joins_gets_the_joining_and_who_leaves_no_second_leaving(house):
    """Whoever leaves is told by name."""
    ann, bob = house.come("a", ANN), house.come("b", BOB)
    house.is_in(ANN)
    await house.announce(house.event())
    await house.announce(house.event(EventKind.JOINED, (BOB,)))
    await house.announce(house.event(EventKind.LEFT, (BOB,)))
    await house.announce(house.event())
    assert (ann.take(), bob.take()) == (b"<2><3><4><5>", b"<3>")


async def test_who_leaves_and_comes_back_in_one_write_is_in(house):
    house.come("a", ANN)
    bob = house.come("b", BOB)
    house.is_in(ANN, BOB)
    left, joined = house.event(EventKind.LEFT, (BOB,)), house.event(EventKind.JOINED, (BOB,))
    await house.announce(left, joined)
    await house.announce(house.event())
    # Of leaving he was told by name.
    assert bob.take() == b"<3><4>"


async def test_who_leaves_gets_what_was_said_before_in_the_same_write(house):
    ann, bob = house.come("a", ANN), house.come("b", BOB)
    house.is_in(ANN, BOB)
    for push in (house.event(), house.event(EventKind.LEFT, (BOB,)), house.event()):
        house.large.put_nowait(ToConversation(TALK), "event", push)
    await house.large.settle()
    assert (ann.take(), bob.take()) == (b"<2><3><4>", b"<2>")


async def test_a_gap_makes_for_a_new_look_since_it_may_have_been_a_join(house):
    bob = house.come("b", BOB)
    house.come("a", ANN)
    house.is_in(ANN)
    await house.announce(house.event())
    house.is_in(BOB)  # its announcement, seq 3, was lost
    house.clock.at += RECHECK_S + 1
    await house.announce(house.event(seq=4))
    await house.announce(house.event())
    assert bob.take() == b"<4><5>"
    assert len(house.members.asked) == 2


async def test_who_left_unheard_is_not_told_what_is_said_after_the_gap(house):
    house.come("a", ANN)
    bob = house.come("b", BOB)
    house.is_in(ANN, BOB)
    await house.announce(house.event())
    house.members.inside = {(TALK, ANN)}  # the announcement of it, seq 3, was lost
    house.clock.at += RECHECK_S + 1
    await house.announce(house.event(seq=4), house.event())
    assert bob.take() == b"<2>"


async def test_a_gap_soon_after_a_look_is_not_forgotten(house):
    house.come("a", ANN)
    bob = house.come("b", BOB)
    house.is_in(ANN, BOB)
    await house.announce(house.event())
    house.members.inside = {(TALK, ANN)}
    await house.announce(house.event(seq=4))
    assert len(house.members.asked) == 1
    house.clock.at += RECHECK_S + 1
    await house.announce(house.event())
    assert bob.take() == b"<2><4>"


async def test_in_one_write_who_leaves_hears_nothing_of_what_is_said_afterwards(house):
    ann, bob, cem = (
        house.come(key, user) for key, user in zip("abc", (ANN, BOB, CEM), strict=True)
    )
    house.is_in(ANN, BOB, CEM)
    said, bob_left = house.event(), house.event(EventKind.LEFT, (BOB,))
    more, cem_left, last = house.event(), house.event(EventKind.LEFT, (CEM,)), house.event()
    for push in (said, bob_left, more, cem_left, last):
        house.large.put_nowait(ToConversation(TALK), "event", push)
    await house.large.settle()
    assert ann.take() == b"<2><3><4><5><6>"
    assert (bob.take(), cem.take()) == (b"<2><3>", b"<2><3>")


async def test_what_is_known_is_looked_up_anew_after_a_while(build):
    house = build(large_refresh_s=60.0)
    bob = house.come("b", BOB)
    await house.announce(house.event())
    house.is_in(BOB)
    await house.announce(house.event())
    assert bob.take() == b""
    house.clock.at += 61
    await house.announce(house.event())
    assert bob.take() == b"<4>"


async def test_a_store_that_fails_costs_the_announcement_and_not_the_next(house):
    ann = house.come("a", ANN)
    house.is_in(ANN)
    house.members.failure = StorageFailed()
    await house.announce(house.event(), house.event())
    assert (ann.take(), house.large.waiting) == (b"", 0)
    assert house.gateway.meter.counted["large_dropped_total"] == 2
    house.members.failure = None
    await house.announce(house.event())
    assert ann.take() == b"<4>"


async def test_too_much_waiting_drops_the_oldest_and_counts_it(build):
    house = build(large_waiting=2)
    ann = house.come("a", ANN)
    house.is_in(ANN)
    for _ in range(4):
        house.large.put_nowait(ToConversation(TALK), "event", house.event())
    await house.large.settle()
    assert ann.take() == b"<4><5>"
    assert house.gateway.meter.counted["large_dropped_total"] == 2


async def test_the_first_leaves_at_once_and_the_next_wait_for_the_window_and_share_a_write(build):
    house = build(large_window_per_link_s=0.01)
    ann = house.come("a", ANN)
    house.is_in(ANN)
    to = ToConversation(TALK)
    running = asyncio.ensure_future(house.large.run())

    async def turns():
        for _ in range(10):
            await asyncio.sleep(0)

    house.large.put_nowait(to, "event", house.event())
    await turns()
    assert ann.take() == b"<2>"
    house.large.put_nowait(to, "event", house.event())
    house.large.put_nowait(to, "event", house.event())
    await turns()
    assert ann.take() == b""
    house.clock.at += 0.02
    house.large.put_nowait(to, "event", house.event())
    await turns()
    assert (ann.take(), house.large.waiting) == (b"<3><4><5>", 0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_speaks_beyond_the_places_is_dropped_and_counted(build):
    house = build(large_places=1)
    ann = house.come("a", ANN)
    other = ConversationId("8")
    house.members.inside = {(TALK, ANN), (other, ANN)}
    for talk in (TALK, other):
        house.large.put_nowait(ToConversation(talk), "event", house.event())
    await house.large.settle()
    assert ann.take() == b"<3>"
    assert house.gateway.meter.counted["large_dropped_total"] == 1
    assert house.large.waiting == 0


async def test_who_comes_while_others_are_looked_up_gets_what_is_said_next(build):
    house = build()
    house.come("a", ANN)
    house.is_in(ANN, BOB)
    house.large.put_nowait(ToConversation(TALK), "event", house.event())
    settling = asyncio.ensure_future(house.large.settle())
    await asyncio.sleep(0)
    bob = house.come("b", BOB)
    await settling
    house.large.put_nowait(ToConversation(TALK), "event", house.event())
    await house.large.settle()
    assert bob.take().endswith(b"<3>")
