import asyncio
import contextlib

import pytest

from parlor.model.errors import RoomTooBusy
from parlor.model.ids import PushId, RoomId
from parlor.model.push import Push, ToRoom
from parlor.push.policies import RoomPolicy
from parlor.push.settings import PushSettings
from tests.support.push_service import PushService

BIG = RoomId("big")


def _push(body: bytes) -> Push:
    return Push(PushId("p"), body)


def _service(settings: PushSettings | None = None) -> PushService:
    service = PushService(settings)
    service.counts.rooms["big"] = 10_000
    return service


async def test_a_small_room_never_waits_long():
    service = _service()
    for number in range(3):
        service.clock.at += 0.001
        await service.rooms.put(RoomId("small"), _push(b"%d" % number))
    assert service.bodies() == [[b"0"], [b"1"], [b"2"]]


async def test_messages_to_a_big_room_join_behind_the_first():
    service = _service()
    for number in range(5):
        await service.rooms.put(BIG, _push(b"%d" % number))
    assert service.bodies() == [[b"0"]]
    service.clock.at += 0.05
    await service.rooms.send_due()
    assert len(service.bodies()) == 1
    service.clock.at += 0.06
    await service.rooms.send_due()
    assert service.bodies() == [[b"0"], [b"1", b"2", b"3", b"4"]]
    assert all(envelope.to == ToRoom(BIG) for envelope in service.envelopes())


async def test_rooms_do_not_wait_for_each_other():
    service = _service()
    service.counts.rooms["other"] = 5_000
    for room in (BIG, RoomId("other")):
        await service.rooms.put(room, _push(b"first"))
        await service.rooms.put(room, _push(b"second " + room.encode()))
    service.clock.at += 0.06
    await service.rooms.send_due()
    assert service.bodies()[2:] == [[b"second other"]]


async def test_a_room_over_its_rate_is_refused_with_the_time_to_wait():
    service = _service(PushSettings(room_rate=10, room_burst=2))
    await service.rooms.put(BIG, _push(b"1"))
    await service.rooms.put(BIG, _push(b"2"))
    with pytest.raises(RoomTooBusy) as refusal:
        await service.rooms.put(BIG, _push(b"3"))
    assert refusal.value.retry_after_s == pytest.approx(0.1)
    await service.rooms.put(RoomId("another"), _push(b"3"))


async def test_a_full_batch_leaves_without_waiting():
    service = _service(PushSettings(room_batch=3))
    for number in range(4):
        await service.rooms.put(BIG, _push(b"%d" % number))
    assert service.bodies() == [[b"0"], [b"1", b"2", b"3"]]


async def test_what_still_waits_is_sent_when_the_service_ends():
    service = _service()
    running = asyncio.create_task(service.rooms.run())
    await asyncio.sleep(0)
    await service.rooms.put(BIG, _push(b"0"))
    await service.rooms.put(BIG, _push(b"1"))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert service.bodies() == [[b"0"], [b"1"]]


async def test_quiet_rooms_are_forgotten():
    service = _service()
    for number in range(100):
        await service.rooms.put(RoomId(f"r{number}"), _push(b""))
    assert service.rooms.known_rooms == 100
    service.clock.at += 200.0
    await service.rooms.send_due()
    assert service.rooms.known_rooms == 0


async def test_a_paced_push_leaves_alone_behind_what_waits_and_the_next_wait_no_longer():
    service = _service()
    for number in range(3):
        await service.rooms.put(BIG, _push(b"%d" % number))
    await service.rooms.put(BIG, _push(b"paced"), rate=100)
    assert service.bodies() == [[b"0"], [b"1", b"2"], [b"paced"]]
    assert service.envelopes()[2].to == ToRoom(BIG, 100)
    await service.rooms.put(BIG, _push(b"after"))
    service.clock.at += 0.11
    await service.rooms.send_due()
    assert service.bodies()[3] == [b"after"]


async def test_a_push_to_many_rooms_is_for_all_of_them_or_for_none():
    service = _service(PushSettings(room_rate=10, room_burst=2))
    full, other = RoomId("full"), RoomId("other")
    for _ in range(2):
        await service.rooms.put(full, _push(b"x"))
    sent = len(service.envelopes())
    with pytest.raises(RoomTooBusy):
        await service.rooms.put_each([other, full], _push(b"y"))
    assert len(service.envelopes()) == sent
    for _ in range(2):
        await service.rooms.put(other, _push(b"z"))


async def test_other_rules_reach_rooms_that_are_in_use():
    service = _service(PushSettings(room_burst=100))
    await service.rooms.put(BIG, _push(b"1"))
    service.policies.apply([RoomPolicy("big", rate=1.0, burst=2)])
    service.rooms.apply(PushSettings(room_burst=100))
    for body in (b"2", b"3"):
        await service.rooms.put(BIG, _push(body))
    with pytest.raises(RoomTooBusy):
        await service.rooms.put(BIG, _push(b"4"))
