import asyncio

import msgspec
import pytest

from parlor.im.announce import Announcements
from parlor.im.delivered import DeliveredPositions
from parlor.im.receipt_settings import ReceiptSettings
from parlor.model.errors import BadRequest, Overloaded, StorageFailed
from parlor.model.ids import DeviceId
from parlor.wire.native.pushes import ReceiptPush
from tests.support.storage import ANN, BOB, CEM, NOWHERE
from tests.support.talk import open_talk

PHONE, WEB = DeviceId("phone"), DeviceId("web")


class Counted:
    """The store, counting its calls; `fails` makes it refuse to write."""

    def __init__(self, store):
        self._store = store
        self.puts = []
        self.fails = False

    async def put(self, delivered, most_members):
        if self.fails:
            raise StorageFailed
        self.puts.append(len(delivered))
        return await self._store.put(delivered, most_members)

    async def told(self, positions):
        return await self._store.told(positions)


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(talk):
    return Counted(talk.stores.deliveries)


def positions_over(talk, store, **settings):
    chosen = msgspec.convert(settings, ReceiptSettings)
    announcements = Announcements(talk.told, talk.meter, limit_s=1.0)
    made = DeliveredPositions(store, announcements, chosen, talk.clock, talk.meter)
    talk.reading.on_moved(made.on_read)
    return made


async def said(talk, conversation, count=5):
    for number in range(count):
        await talk.say(ANN, conversation, f"{conversation} {number}")
    talk.told.pushes.clear()


async def test_many_positions_are_one_write_and_one_push(talk, store):
    positions, direct = positions_over(talk, store), await talk.direct()
    await said(talk, direct)
    for seq in (2, 4, 3):
        assert positions.note(BOB, PHONE, {direct: seq}) == ()
    positions.note(BOB, WEB, {direct: 1})
    assert talk.told.pushes == []
    await positions.tick()
    assert store.puts == [2]
    assert talk.told.pushes == [((ANN,), ReceiptPush(direct, BOB, 4, 1))]


async def test_reading_tells_the_sender_once_however_often_one_scrolls(talk, store):
    positions, direct = positions_over(talk, store), await talk.direct()
    await said(talk, direct)
    for seq in (2, 3, 5):
        await talk.reading.set(BOB, direct, seq)
    talk.told.pushes.clear()
    await positions.tick()
    assert talk.told.pushes == [((ANN,), ReceiptPush(direct, BOB, 5, 5))]
    await positions.tick()
    assert len(talk.told.pushes) == 1


async def test_a_position_that_does_not_move_is_told_to_nobody(talk, store):
    positions, direct = positions_over(talk, store), await talk.direct()
    await said(talk, direct)
    positions.note(BOB, PHONE, {direct: 4})
    await positions.tick()
    talk.told.pushes.clear()
    positions.note(BOB, PHONE, {direct: 3})
    await positions.tick()
    assert talk.told.pushes == []


async def test_groups_are_not_told_of_each_reader(talk, store):
    positions, group = positions_over(talk, store), await talk.group(ANN, BOB, CEM)
    await said(talk, group)
    positions.note(BOB, PHONE, {group: 4})
    await talk.reading.set(BOB, group, 4)
    talk.told.pushes.clear()
    await positions.tick()
    assert talk.told.pushes == []
    assert (await talk.stores.deliveries.receipts(group, ANN, 9))[1].delivered_seq == 4


async def test_strangers_are_ignored_and_nobody_hears_of_them(talk, store):
    positions, direct = positions_over(talk, store), await talk.direct()
    await said(talk, direct)
    assert positions.note(CEM, PHONE, {direct: 3, NOWHERE: 3}) == ()
    await positions.tick()
    assert talk.told.pushes == []
    assert len(await talk.stores.deliveries.receipts(direct, ANN, 9)) == 2
    assert talk.meter.counted["im_positions_ignored_total"] == 2


async def test_of_a_group_that_is_too_large_positions_are_asked_for_no_more(talk, store):
    positions = positions_over(talk, store, max_members=2, forget_large_s=60.0, remembered_large=1)
    group, other = await talk.group(ANN, BOB, CEM), await talk.group(ANN, BOB, CEM)
    assert positions.note(BOB, PHONE, {group: 1}) == ()
    await positions.tick()
    assert positions.note(BOB, PHONE, {group: 1}) == (group,)
    assert positions.waiting == 0
    talk.clock.at += 60
    assert positions.note(BOB, PHONE, {group: 1, other: 1}) == ()
    await positions.tick()
    assert positions.without == 1


async def test_too_many_at_once_are_refused_and_none_is_noted(talk, store):
    positions = positions_over(talk, store, max_positions=2, max_waiting=3)
    with pytest.raises(BadRequest):
        positions.note(BOB, PHONE, {"1": 1, "2": 1, "3": 1})
    for seq in (-1, 2**60):
        with pytest.raises(BadRequest):
            positions.note(BOB, PHONE, {"1": 1, "2": seq})
    assert positions.waiting == 0
    positions.note(BOB, PHONE, {"1": 1, "2": 1})
    with pytest.raises(Overloaded):
        positions.note(BOB, PHONE, {"3": 1, "4": 1})
    assert positions.waiting == 2
    positions.note(BOB, PHONE, {"1": 2, "3": 1})
    assert positions.waiting == 3


async def test_what_the_store_does_not_take_waits_for_the_next_round(talk, store):
    positions, direct = positions_over(talk, store), await talk.direct()
    await said(talk, direct)
    positions.note(BOB, PHONE, {direct: 4})
    store.fails = True
    assert not await positions.tick()
    assert positions.waiting == 1
    store.fails = False
    assert await positions.tick()
    assert talk.told.pushes == [((ANN,), ReceiptPush(direct, BOB, 4, 1))]


async def test_a_lost_push_costs_nothing_but_itself(talk, store):
    positions, direct = positions_over(talk, store), await talk.direct()
    await said(talk, direct)
    talk.told.failure = OSError()
    positions.note(BOB, PHONE, {direct: 4})
    assert await positions.tick()
    talk.told.failure = None
    view = await talk.threads.get(ANN, direct)
    assert view.peer_delivered_seq == 4


async def test_what_waits_at_the_end_is_stored(talk, store):
    positions, direct = positions_over(talk, store, tick_s=3600.0), await talk.direct()
    await said(talk, direct)
    running = asyncio.create_task(positions.run())
    positions.note(BOB, PHONE, {direct: 4})
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    assert store.puts == [1]
