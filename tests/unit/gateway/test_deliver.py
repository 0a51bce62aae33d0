import asyncio

import pytest

from parlor.drivers.memory.bus import MemoryBus
from parlor.gateway.deliver import SLICE, Deliver
from parlor.gateway.state.outbox import Frame
from parlor.model.errors import WireError
from parlor.model.ids import ConnectionKey, DeviceId, PushId, RoomId, UserId
from parlor.model.push import (
    Audience,
    Envelope,
    Notice,
    Push,
    ToAll,
    ToConnections,
    ToDevices,
    ToRoom,
    ToUsers,
)
from parlor.push.route import PUSH_SUBJECT, Route
from parlor.wire.native.pushes import PushPayload, ReadPush
from tests.support.fake_socket import PlainCodec, make_gateway
from tests.support.links import make_link

ROOM = RoomId("r")


class CountingCodec(PlainCodec):
    def __init__(self) -> None:
        self.encoded = 0

    def pushes(self, envelope: Envelope) -> Frame | None:
        self.encoded += 1
        return super().pushes(envelope)

    def notice(self, name: str, payload: PushPayload) -> Frame | None:
        self.encoded += 1
        return super().notice(name, payload)


class House:
    """Three links: a and b of alice (b in the room), c of bob."""

    def __init__(self) -> None:
        self.gateway, self.clock = make_gateway()
        self.bus = MemoryBus()
        self.deliver = Deliver(self.gateway, self.bus)
        self.codec = CountingCodec()
        self.links = {}
        for key, user, device in (
            ("a", "alice", "phone"),
            ("b", "alice", "laptop"),
            ("c", "bob", "phone2"),
        ):
            link, _ = make_link(key, user, device, codec=self.codec, instance=key)
            self.gateway.hub.add(link)
            self.links[key] = link
        self.gateway.hub.join(self.links["b"], ROOM)

    def got(self) -> dict[str, bytes]:
        taken = {key: link.take() for key, link in self.links.items()}
        return {key: data for key, data in taken.items() if data}


def _envelope(to: Audience, *bodies: bytes, tag: str = "") -> Envelope:
    return Envelope(to, tuple(Push(PushId("p"), body, tag) for body in bodies))


@pytest.mark.parametrize(
    ("to", "keys"),
    [
        (ToAll(), "abc"),
        (ToRoom(ROOM), "b"),
        (ToRoom(RoomId("empty")), ""),
        (ToUsers((UserId("alice"), UserId("alice"), UserId("nobody"))), "ab"),
        (ToUsers((UserId("alice"), UserId("bob")), ConnectionKey("a")), "bc"),
        (ToUsers((UserId("alice"),), endpoint="laptop/b"), "b"),
        (ToDevices((DeviceId("phone"), DeviceId("phone2"))), "ac"),
        (ToConnections((ConnectionKey("c"), ConnectionKey("x"))), "c"),
    ],
)
async def test_an_audience_is_exactly_its_links(to, keys):
    house = House()
    await house.deliver.deliver(_envelope(to, b"x"))
    assert house.got() == dict.fromkeys(keys, b"x")


async def test_pushes_that_leave_together_are_encoded_once_for_all_links():
    house = House()
    await house.deliver.deliver(_envelope(ToAll(), b"1", b"2", b"3"))
    assert house.got() == dict.fromkeys("abc", b"123")
    assert house.codec.encoded == 1


async def test_links_get_the_tags_they_asked_for_and_everything_of_their_room():
    house = House()
    house.links["a"].tags = frozenset({"1"})
    house.links["b"].tags = frozenset({"9"})
    envelope = Envelope(ToAll(), (Push(PushId("p"), b"one", "1"), Push(PushId("q"), b"two", "2")))
    await house.deliver.deliver(envelope)
    assert house.got() == {"a": b"one", "c": b"onetwo"}
    await house.deliver.deliver(_envelope(ToRoom(ROOM), b"room", tag="1"))
    assert house.got() == {"b": b"room"}


async def test_a_notice_reaches_its_users_but_not_its_cause():
    house = House()
    payload = b'{"conversation_id":"9","read_seq":1,"unread":0}'
    to = ToUsers((UserId("alice"), UserId("bob")), ConnectionKey("a"))
    assert house.deliver.notify(Notice(to, "read", payload)) == 2
    assert house.got() == dict.fromkeys("bc", b"<read>")
    assert house.codec.encoded == 1


@pytest.mark.parametrize(("name", "payload"), [("later", b"{}"), ("read", b"{}"), ("read", b"{")])
async def test_a_notice_of_another_version_is_one_error(name, payload):
    house = House()
    with pytest.raises(WireError):
        house.deliver.notify(Notice(ToUsers((UserId("bob"),)), name, payload))


async def test_a_long_walk_lets_the_loop_breathe():
    house = House()
    for number in range(SLICE * 3):
        link, _ = make_link(f"n{number}", codec=house.codec)
        house.gateway.hub.add(link)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    await house.deliver.deliver(_envelope(ToAll(), b"x"))
    counting.cancel()
    assert turns >= 3
    assert house.codec.encoded == 1


async def test_a_link_that_leaves_during_a_walk_is_skipped():
    house = House()
    links = [make_link(f"n{number}", "crowd")[0] for number in range(SLICE * 2)]
    for link in links:
        house.gateway.hub.add(link)
    walking = asyncio.create_task(house.deliver.deliver(_envelope(ToAll(), b"x")))
    await asyncio.sleep(0)
    reached = sum(bool(len(link.outbox)) for link in links)
    assert 0 < reached < len(links)
    await walking


async def test_what_is_published_is_delivered_in_order_and_rubbish_is_counted():
    house = House()
    running = asyncio.create_task(house.deliver.run())
    await house.deliver.subscribed.wait()
    route = Route(house.bus)
    await route.publish(_envelope(ToAll(), b"1"))
    await house.bus.publish(PUSH_SUBJECT, b"rubbish")
    await route.notify([UserId("bob")], ReadPush("9", 1, 0))
    await route.publish(_envelope(ToRoom(ROOM), b"2"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert house.got() == {"a": b"1", "b": b"12", "c": b"1<read>"}
    meter = house.gateway.meter
    assert meter.counted["bus_messages_refused_total"] == 1  # type: ignore[attr-defined]
    assert meter.counted["pushes_delivered_total"] == 4  # type: ignore[attr-defined]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
