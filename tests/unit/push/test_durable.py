import asyncio

import pytest

from parlor.drivers.memory.log import MemoryLog
from parlor.model.errors import BadRequest, Draining, LogFull, RoomTooBusy, StorageFailed
from parlor.model.ids import PushId, RoomId, UserId
from parlor.model.push import Delivery, Push, Target, ToAll, ToRoom, ToUsers
from parlor.push.dispatch import Dispatch
from parlor.push.durable import GROUP, MAX_FAULTS, DurablePushes
from parlor.push.settings import DurableSettings
from tests.support.push_service import PushService
from tests.support.steady import CountingMeter, HandClock

ROOM = ToRoom(RoomId("r"))


class Recording(Dispatch):
    """Remembers what it is given; `failures` are raised first, in turn, for the bodies named."""

    def __init__(self) -> None:
        service = PushService()
        super().__init__(service.route, service.rooms, service.mailboxes)
        self.sent: list[str] = []
        self.failures: dict[str, list[Exception]] = {}

    async def send(self, to: Target, push: Push, *, again: bool = False) -> None:
        assert again
        body = push.body.decode()
        if self.failures.get(body):
            raise self.failures[body].pop(0)
        self.sent.append(body)


class FailingLog(MemoryLog):
    """Takes no note of what is done while `is_down`."""

    is_down = False

    async def acknowledge(self, group: str, position: int) -> None:
        if self.is_down:
            raise StorageFailed
        await super().acknowledge(group, position)


class HurriedClock(HandClock):
    """A second passes with every look."""

    def now(self) -> float:
        self.at += 1.0
        return self.at


class House:
    def __init__(self, clock: HandClock | None = None, **settings) -> None:
        self.settings = DurableSettings(**settings)
        self.log = FailingLog(self.settings.limits())
        self.dispatch = Recording()
        self.meter = CountingMeter()
        self.clock = clock or HandClock()
        self.durable = self.restarted()

    def restarted(self) -> DurablePushes:
        self.durable = DurablePushes(self.log, self.dispatch, self.clock, self.meter, self.settings)
        return self.durable

    async def put(self, *bodies: str, to=ROOM, delivery=Delivery.LOSSY) -> None:
        for body in bodies:
            push = Push(PushId(body), body.encode(), "", delivery)
            await self.durable.put(to, push, key="", answer=b"")


async def test_what_was_accepted_is_sent_in_order_and_then_done():
    h = House(batch=2)
    await h.put("a", "b", "c")
    assert h.durable.waiting == 3
    assert await h.durable.deliver_some()
    assert await h.durable.deliver_some()
    assert not await h.durable.deliver_some()
    assert h.dispatch.sent == ["a", "b", "c"]
    assert h.durable.waiting == 0
    assert (await h.log.backlog(GROUP)).entries == 0


async def test_a_worker_that_died_before_its_note_sends_again_and_loses_nothing():
    h = House(batch=2)
    await h.put("a", "b", "c")
    await h.durable.deliver_some()
    h.log.is_down = True
    dying = asyncio.create_task(h.durable.deliver_some())
    for _ in range(10):
        await asyncio.sleep(0)
    dying.cancel()
    await asyncio.wait([dying])
    h.log.is_down = False
    again = h.restarted()
    await again.deliver_some()
    assert h.dispatch.sent == ["a", "b", "c", "c"]


async def test_a_broken_entry_is_set_aside_and_blocks_nobody():
    h = House()
    await h.put("a")
    await h.log.append(b"\xc1 of another version", 1)
    await h.put("refused", "fault", "b")
    h.dispatch.failures = {
        "refused": [BadRequest()],
        "fault": [RuntimeError("a fault of the program")] * MAX_FAULTS,
    }
    await h.durable.deliver_some()
    assert h.dispatch.sent == ["a", "b"]
    assert h.meter.counted["durable_set_aside_total"] == 3
    assert [reason for reason, _ in h.log.asides.values()] == ["unreadable", "bad_request", "fault"]
    assert (await h.log.backlog(GROUP)).entries == 0


async def test_a_refusal_that_may_pass_is_tried_again_before_the_next_leaves():
    h = House()
    await h.put("a", "b")
    h.dispatch.failures = {"a": [RoomTooBusy(retry_after_s=0.001), StorageFailed()]}
    await h.durable.deliver_some()
    assert h.dispatch.sent == ["a", "b"]


async def test_a_refusal_that_does_not_pass_in_time_is_set_aside():
    h = House(HurriedClock(), retry_for_s=2.5)
    await h.put("a", "b")
    h.dispatch.failures = {"a": [RoomTooBusy() for _ in range(9)]}
    await h.durable.deliver_some()
    assert h.dispatch.sent == ["b"]
    assert len(h.dispatch.failures["a"]) == 6
    assert [reason for reason, _ in h.log.asides.values()] == ["room_too_busy"]


async def test_mail_shares_commits_and_keeps_its_order_among_other_pushes():
    service = PushService()
    users = ToUsers((UserId("1"),))
    bodies = ["m1", "m2", "all", "m3"]
    for body in bodies:
        delivery = Delivery.LOSSY if body == "all" else Delivery.MUST_ARRIVE
        to = ToAll() if body == "all" else users
        push = Push(PushId(body), body.encode(), "", delivery)
        await service.durable.put(to, push, key="", answer=b"")
    await service.durable.deliver_some()
    published = ["mail" if subject == "mail" else "push" for subject, _ in service.bus.published]
    assert published == ["mail", "mail", "push", "mail"]
    assert [notice.push.body.decode() for notice in service.bus.mail()] == ["m1", "m2", "m3"]


async def test_the_same_key_is_answered_as_at_first_also_after_a_restart():
    h = House()
    push = Push(PushId("p"), b"x")
    assert await h.durable.put(ROOM, push, key="shop\n1", answer=b"one") == b"one"
    again = h.restarted()
    assert await again.put(ROOM, push, key="shop\n1", answer=b"two") == b"one"
    assert h.meter.counted["durable_accepted_total"] == 1


async def test_a_full_log_refuses_and_is_counted():
    h = House(max_entries=1)
    await h.put("a")
    with pytest.raises(LogFull):
        await h.put("b")
    assert h.meter.counted["durable_refused_total"] == 1
    assert h.durable.waiting == 1


async def test_running_delivers_what_waits_from_before_and_what_comes():
    h = House()
    await h.put("before")
    running = asyncio.create_task(h.restarted().run())
    await _until(lambda: h.dispatch.sent == ["before"])
    await h.put("now")
    await _until(lambda: h.dispatch.sent == ["before", "now"] and not h.durable.waiting)
    running.cancel()
    await asyncio.wait([running])
    assert (await h.log.backlog(GROUP)).entries == 0


async def test_a_process_that_only_accepts_delivers_nothing_and_knows_what_waits():
    h = House(deliver=False)
    await h.put("a", "b")
    durable = h.restarted()
    running = asyncio.create_task(durable.run())
    await _until(lambda: durable.waiting == 2)
    await h.put("c")
    for _ in range(10):
        await asyncio.sleep(0)
    assert h.dispatch.sent == []
    assert durable.waiting == 3
    running.cancel()
    await asyncio.wait([running])


async def _until(holds) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0)


@pytest.mark.parametrize("wrong", [{"max_entries": 0}, {"batch": 0}, {"remember_ids": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DurableSettings(**wrong)


async def test_a_queue_that_was_handed_over_is_delivered_by_the_other_one_alone():
    h = House()
    await h.put("a")
    running = asyncio.create_task(h.durable.run())
    await _until(lambda: h.dispatch.sent == ["a"])
    await h.durable.hand_over()
    await asyncio.wait([running])
    with pytest.raises(Draining):
        await h.put("b")
    h.restarted()
    await h.put("b")
    await h.durable.deliver_some()
    assert h.dispatch.sent == ["a", "b"]
