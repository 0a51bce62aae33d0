import asyncio
from collections.abc import Sequence

import pytest

from parlor.drivers.memory.history import MemoryHistory
from parlor.model.errors import StorageFailed
from parlor.model.ids import PushId, RoomId
from parlor.model.push import Envelope, Push, ToAll, ToRoom
from parlor.model.room import Position
from parlor.ports.history import Keep
from parlor.push.policies import Policies, RoomPolicy
from parlor.push.replay import Replay
from parlor.push.route import Route
from parlor.push.settings import PushSettings
from tests.support.push_service import PushService, RememberingBus
from tests.support.steady import CountedBytes, HandClock

KEPT = RoomId("live:1")
SETTINGS = PushSettings(rooms=(RoomPolicy("live:*", replay_count=3),))


def envelope(room: RoomId, *bodies: bytes) -> Envelope:
    return Envelope(ToRoom(room), tuple(Push(PushId("p"), body) for body in bodies))


async def test_only_rooms_that_keep_messages_number_them():
    service = PushService(SETTINGS)
    await service.replay.publish(envelope(RoomId("news"), b"n"))
    await service.replay.publish(envelope(KEPT, b"a", b"b"))
    await service.replay.publish(envelope(KEPT, b"c"))
    await service.replay.publish(Envelope(ToAll(), (Push(PushId("p"), b"all"),)))
    numbers = [[push.offset for push in sent.pushes] for sent in service.envelopes()]
    assert numbers == [[0], [1, 2], [3], [0]]
    epochs = [sent.epoch for sent in service.envelopes()]
    assert epochs[0] == epochs[3] == ""
    assert epochs[1] == epochs[2] != ""


async def test_every_way_into_the_room_is_numbered():
    service = PushService(SETTINGS)
    await service.pushes.to_room(KEPT, b"program")
    await service.pushes.to_rooms([KEPT, RoomId("live:2")], b"both")
    await service.pushes.to_room(KEPT, b"paced", rate=10)
    numbered = [
        (sent.to, [(push.offset, push.body) for push in sent.pushes])
        for sent in service.envelopes()
    ]
    assert numbered == [
        (ToRoom(KEPT), [(1, b"program")]),
        (ToRoom(KEPT), [(2, b"both")]),
        (ToRoom(RoomId("live:2")), [(1, b"both")]),
        (ToRoom(KEPT, 10), [(3, b"paced")]),
    ]
    tail = await service.replay.since(KEPT, None)
    assert [push.body for push in tail.pushes] == [b"program", b"both", b"paced"]


class SlowHistory(MemoryHistory):
    """Answers later calls sooner, as a server over a network may."""

    def __init__(self) -> None:
        super().__init__(HandClock(), CountedBytes())
        self._turns = 5

    async def append(self, room: RoomId, pushes: Sequence[Push], keep: Keep) -> Position:
        self._turns -= 1
        for _ in range(self._turns):
            await asyncio.sleep(0)
        return await super().append(room, pushes, keep)


async def test_numbers_have_the_order_of_the_bus_however_slow_the_history():
    bus = RememberingBus()
    replay = Replay(Route(bus), SlowHistory(), Policies(SETTINGS.rooms))
    await asyncio.gather(*(replay.publish(envelope(KEPT, b"%d" % n)) for n in range(4)))
    sent = [push for one in bus.routed() if isinstance(one, Envelope) for push in one.pushes]
    assert [(push.offset, push.body) for push in sent] == [
        (1, b"0"),
        (2, b"1"),
        (3, b"2"),
        (4, b"3"),
    ]
    assert replay.waiting_rooms == 0


async def test_what_the_bus_lost_can_still_be_had():
    service = PushService(SETTINGS)
    service.bus.failure = StorageFailed()
    with pytest.raises(StorageFailed):
        await service.replay.publish(envelope(KEPT, b"a"))
    assert [push.body for push in (await service.replay.since(KEPT, None)).pushes] == [b"a"]


async def test_a_room_that_keeps_nothing_has_no_tail():
    with pytest.raises(LookupError):
        await PushService(SETTINGS).replay.since(RoomId("news"), None)
