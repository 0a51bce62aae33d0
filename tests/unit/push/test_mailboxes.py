import asyncio

import pytest

from parlor.drivers.memory.mailbox import MemoryMailbox
from parlor.model.errors import Draining, StorageFailed, WireError
from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.push import Delivery, Push, ToDevices, ToUsers
from parlor.push.mailboxes import Mailboxes, parse_notice
from parlor.push.settings import MailboxSettings
from tests.support.push_service import RememberingBus, SetCounts
from tests.support.steady import CountingMeter, HandClock

ANN, BOB = UserId("ann"), UserId("bob")
PHONE, LAPTOP = DeviceId("phone"), DeviceId("laptop")
DAY_S = 86_400
SETTINGS = MailboxSettings(max_age_s=8 * DAY_S, write_s=0.001)


class WatchedStore(MemoryMailbox):
    """Counts what it is asked; fails while `is_down`."""

    def __init__(self) -> None:
        super().__init__(SETTINGS.limits())
        self.asked: list[str] = []
        self.is_down = False

    async def page(self, *args):
        self.asked.append("page")
        return await super().page(*args)

    async def note(self, cursors):
        self.asked.append(f"note {len(cursors)}")
        if self.is_down:
            raise StorageFailed
        return await super().note(cursors)


class House:
    def __init__(self) -> None:
        self.store = WatchedStore()
        self.bus = RememberingBus()
        self.counts = SetCounts()
        self.clock = HandClock()
        self.meter = CountingMeter()
        self.boxes = self.restarted()

    def restarted(self) -> Mailboxes:
        """Another process on the same store."""
        self.boxes = Mailboxes(self.store, self.bus, self.counts, self.clock, self.meter, SETTINGS)
        return self.boxes

    async def put(self, body: str, to=None) -> int:
        push = Push(PushId(body), body.encode(), "", Delivery.MUST_ARRIVE)
        await self.boxes.put(to or ToUsers((ANN,)), push)
        return self.bus.mail()[-1].places[0].number

    async def waiting(self, device=PHONE, user=ANN) -> list[str]:
        page = await self.boxes.page(user, device, None, max_bytes=1_000_000)
        return [one.push.body.decode() for one in page.mail]


async def house() -> House:
    made = House()
    await made.boxes.load()
    return made


async def test_a_hello_without_mail_asks_nothing_of_the_store():
    h = await house()
    for n in range(100):
        user = UserId(f"u{n}")
        h.boxes.hear(user, PHONE)
        assert not h.boxes.waits(user, PHONE)
    assert h.store.asked == []
    await h.boxes.write_cursors()
    assert h.store.asked == ["note 100"]
    for n in range(100):
        h.boxes.hear(UserId(f"u{n}"), PHONE)
    await h.boxes.write_cursors()
    assert h.store.asked == ["note 100"]


async def test_a_restarted_process_knows_who_has_mail_and_who_needs_no_question():
    h = await house()
    h.boxes.hear(ANN, PHONE)
    h.boxes.hear(ANN, LAPTOP)
    number = await h.put("a")
    h.boxes.ack(ANN, PHONE, number)
    await h.boxes.write_cursors()
    boxes = h.restarted()
    assert boxes.waits(BOB, PHONE)  # nothing is known yet
    await boxes.load()
    assert not boxes.waits(BOB, PHONE)
    assert not boxes.waits(ANN, PHONE)
    assert boxes.waits(ANN, LAPTOP)
    assert boxes.entries == 1


async def test_it_is_stored_before_it_is_announced_with_its_place():
    h = await house()
    number = await h.put("a", ToUsers((ANN, BOB)))
    (notice,) = h.bus.mail()
    assert notice.push.body == b"a"
    assert [(place.user, place.first == place.number) for place in notice.places] == [
        (ANN, True),
        (BOB, True),
    ]
    assert h.boxes.newest(ANN) == number
    assert await h.waiting() == ["a"]
    h.bus.failure = RuntimeError("lost")
    with pytest.raises(RuntimeError):
        await h.put("b")
    assert await h.waiting() == ["a", "b"]


async def test_an_acknowledgement_counts_at_once_and_is_written_later():
    h = await house()
    h.boxes.hear(ANN, PHONE)
    h.boxes.hear(ANN, LAPTOP)
    number = await h.put("a")
    h.boxes.ack(ANN, PHONE, number)
    assert not h.boxes.waits(ANN, PHONE)
    assert await h.waiting(PHONE) == []
    assert h.boxes.unwritten == 2
    h.boxes.ack(ANN, LAPTOP, number)
    await h.boxes.write_cursors()
    assert (h.boxes.unwritten, h.boxes.entries, h.boxes.users) == (0, 0, 0)
    assert h.meter.counted["mail_acknowledged_total"] == 1


async def test_a_device_that_was_heard_before_another_acknowledged_keeps_its_mail():
    h = await house()
    h.boxes.hear(ANN, LAPTOP)
    h.boxes.hear(ANN, PHONE)
    number = await h.put("a")
    h.boxes.ack(ANN, LAPTOP, number)
    await h.boxes.write_cursors()
    assert await h.waiting(PHONE) == ["a"]


async def test_a_device_heard_of_just_now_can_be_pushed_to():
    h = await house()
    h.boxes.hear(ANN, PHONE)
    strangers = await h.boxes.put(
        ToDevices((PHONE, LAPTOP)), Push(PushId("p"), b"x", "", Delivery.MUST_ARRIVE)
    )
    assert strangers == (LAPTOP,)
    assert await h.waiting(PHONE) == ["x"]


async def test_mail_for_another_device_is_asked_for_once():
    h = await house()
    h.boxes.hear(ANN, PHONE)
    await h.put("a", ToDevices((PHONE,)))
    assert h.boxes.waits(ANN, LAPTOP)
    assert await h.waiting(LAPTOP) == []
    assert not h.boxes.waits(ANN, LAPTOP)
    assert h.boxes.waits(ANN, PHONE)


async def test_what_the_store_did_not_take_is_written_with_the_next_round():
    h = await house()
    number = await h.put("a")
    h.boxes.ack(ANN, PHONE, number)
    h.store.is_down = True
    with pytest.raises(StorageFailed):
        await h.boxes.write_cursors()
    h.boxes.hear(BOB, PHONE)
    assert h.boxes.unwritten == 2
    h.store.is_down = False
    await h.boxes.write_cursors()
    assert (h.boxes.unwritten, h.boxes.entries) == (0, 0)


async def test_a_sweep_drops_what_is_old_and_forgets_the_silent_but_not_those_online():
    h = await house()
    h.boxes.hear(ANN, PHONE)
    h.boxes.hear(BOB, PHONE)
    await h.boxes.write_cursors()
    await h.put("old")
    h.clock.at += 9 * DAY_S
    await h.put("new")
    h.counts.users[BOB] = 1
    await h.boxes.sweep()
    assert h.meter.counted["mail_dropped_total"] == 1
    assert await h.waiting() == ["new"]
    await h.boxes.write_cursors()
    known = await h.store.known(10, 10)
    assert [one.user for one in known.devices] == [BOB]


async def test_a_device_that_is_heard_again_is_written_only_now_and_then():
    h = await house()
    h.boxes.hear(ANN, PHONE)
    await h.boxes.write_cursors()
    h.clock.at += DAY_S - 1
    h.boxes.hear(ANN, PHONE)
    assert h.boxes.unwritten == 0
    h.clock.at += 1
    h.boxes.hear(ANN, PHONE)
    assert h.boxes.unwritten == 1


async def test_nobody_without_a_name_is_remembered():
    h = await house()
    h.boxes.hear(UserId(""), PHONE)
    h.boxes.hear(ANN, DeviceId(""))
    assert h.boxes.unwritten == 0
    assert not h.boxes.waits(UserId(""), PHONE)


async def test_running_writes_by_itself_and_once_more_at_the_end():
    h = await house()
    running = asyncio.create_task(h.boxes.run())
    h.boxes.hear(ANN, PHONE)
    async with asyncio.timeout(5):
        while not h.store.asked:
            await asyncio.sleep(0)
    h.boxes.hear(BOB, PHONE)
    running.cancel()
    await asyncio.wait([running])
    assert h.store.asked == ["note 1", "note 1"]


async def test_mailboxes_that_were_handed_over_take_nothing_and_the_other_one_knows_all():
    h = await house()
    h.boxes.hear(ANN, PHONE)
    number = await h.put("a")
    h.boxes.ack(ANN, PHONE, number)
    await h.put("b")
    before = h.boxes
    await before.hand_over()
    with pytest.raises(Draining):
        await h.put("c")
    await h.restarted().load()
    assert h.boxes.waits(ANN, PHONE)
    assert await h.waiting() == ["b"]
    assert h.boxes.entries == 1


@pytest.mark.parametrize("rubbish", [b"", b"\xc1", b"\x90", b"{}"])
def test_rubbish_on_the_bus_is_one_error(rubbish):
    with pytest.raises(WireError):
        parse_notice(rubbish)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_entries": 0},
        {"page_bytes": 0},
        {"max_age_s": 0.0},
        {"write_s": -1.0},
        {"sweep_entries": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MailboxSettings(**wrong)
