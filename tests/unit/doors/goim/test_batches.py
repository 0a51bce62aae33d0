"""goim's joining rule. A signal of an hour never comes; one of no time comes at once."""

from __future__ import annotations

import asyncio
import time

import pytest

from parlor.doors.goim.batches import RoomBatches
from parlor.model.errors import Overloaded
from parlor.model.ids import PushId, RoomId
from parlor.model.push import Envelope, Push, ToRoom

HOUR = 3600.0
LIVE, OTHER = RoomId("live://1"), RoomId("live://2")


class MonotonicClock:
    def now(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        raise AssertionError("the joining rule needs no calendar")


class SlowRoute:
    """Takes an envelope only when the test lets it, one at a time if it does not."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.envelopes: list[Envelope] = []
        self.arrived = asyncio.Event()
        self.failure: Exception | None = None

    async def publish(self, envelope: Envelope) -> None:
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        self.envelopes.append(envelope)
        self.arrived.set()

    @property
    def bodies(self) -> list[list[int]]:
        return [[int(push.body) for push in envelope.pushes] for envelope in self.envelopes]

    @property
    def numbers(self) -> list[int]:
        return [number for batch in self.bodies for number in batch]


def _push(number: int) -> Push:
    return Push(PushId(str(number)), str(number).encode(), "1000")


@pytest.fixture
async def route() -> SlowRoute:
    return SlowRoute()


async def test_a_full_batch_leaves_at_once_and_in_order(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=20, signal_s=HOUR)
    for number in range(100):
        await batches.push(LIVE, _push(number))
    assert [len(batch) for batch in route.bodies] == [20] * 5
    assert route.numbers == list(range(100))
    assert {envelope.to for envelope in route.envelopes} == {ToRoom(LIVE)}


async def test_a_lone_push_leaves_when_the_signal_comes(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=20, signal_s=0.001)
    await batches.push(LIVE, _push(1))
    assert route.envelopes == []
    async with asyncio.timeout(5):
        await route.arrived.wait()
    assert route.bodies == [[1]]


async def test_in_low_latency_mode_a_push_never_waits(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=1, signal_s=HOUR)
    await batches.push(LIVE, _push(1))
    await batches.push(LIVE, _push(2))
    assert route.bodies == [[1], [2]]


async def test_rooms_do_not_wait_for_each_other(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=2, signal_s=HOUR)
    await batches.push(LIVE, _push(1))
    await batches.push(OTHER, _push(2))
    assert route.envelopes == []
    await batches.push(OTHER, _push(3))
    assert route.bodies == [[2, 3]]


async def test_order_is_kept_while_the_bus_is_slow(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=3, signal_s=0.001)
    route.open.clear()
    async with asyncio.timeout(5), asyncio.TaskGroup() as senders:
        for number in range(50):
            senders.create_task(batches.push(LIVE, _push(number)))
            await asyncio.sleep(0)
        route.open.set()
    await batches.flush_all()
    assert route.numbers == list(range(50))
    assert max(len(batch) for batch in route.bodies) == 3


async def test_what_waits_leaves_before_the_door_closes(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=20, signal_s=HOUR)
    await batches.push(LIVE, _push(1))
    await batches.push(OTHER, _push(2))
    await batches.flush_all()
    assert sorted(route.bodies) == [[1], [2]]


async def test_a_refused_batch_is_told_and_the_next_one_is_a_new_one(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=2, signal_s=HOUR)
    route.failure = Overloaded()
    await batches.push(LIVE, _push(1))
    with pytest.raises(Overloaded):
        await batches.push(LIVE, _push(2))
    route.failure = None
    await batches.push(LIVE, _push(3))
    await batches.push(LIVE, _push(4))
    assert route.bodies == [[3, 4]]


async def test_a_room_in_which_nothing_waits_costs_nothing(route: SlowRoute):
    batches = RoomBatches(route, MonotonicClock(), batch=2, signal_s=HOUR)
    for number in range(1000):
        await batches.push(RoomId(str(number)), _push(1))
        await batches.push(RoomId(str(number)), _push(2))
    assert batches.waiting_rooms == 0
