import asyncio

from parlor.im.indexing import Indexing
from parlor.im.search_settings import SearchSettings
from parlor.model.errors import StorageFailed
from parlor.model.ids import ConversationId
from parlor.ports.search import Indexed, Position
from tests.support.steady import CountingMeter, HandClock
from tests.support.virtual_time import run_virtual

ONE, TWO, THREE = (ConversationId(str(number)) for number in (1, 2, 3))


class Index:
    """How many events each conversation has that are not indexed."""

    def __init__(self, **late):
        self.late = {ConversationId(name[1:]): many for name, many in late.items()}
        self.batches = []
        self.fails = 0
        self.looked_through = 0

    async def add(self, conversations, max_events):
        if self.fails:
            self.fails -= 1
            raise StorageFailed
        self.batches.append(tuple(conversations))
        passed = 0
        for one in conversations:
            some = min(max_events, self.late.get(one, 0))
            self.late[one] = self.late.get(one, 0) - some
            passed += some
        return Indexed(passed, tuple(one for one in conversations if self.late[one]))

    async def positions(self, after, limit):
        self.looked_through += 1
        return [
            Position(one, many, 0) for one, many in sorted(self.late.items()) if one > (after or "")
        ][:limit]


def indexing(index, clock=None, **settings):
    meter = CountingMeter()
    return Indexing(index, SearchSettings(**settings), clock or HandClock(), meter), meter


async def test_at_the_start_what_a_process_that_died_left_behind_is_indexed():
    index = Index(_1=5, _2=0, _3=2)
    work, meter = indexing(index, batch_events=2)
    while await work.step():
        pass
    assert set(index.late.values()) == {0}
    assert index.batches[0] == (ONE, THREE)
    assert meter.counted["search_events_indexed_total"] == 7
    assert (work.waiting, work.lag_s) == (0, 0.0)


async def test_what_is_noted_is_indexed_in_batches_the_oldest_first():
    index = Index()
    work, _ = indexing(index, batch_conversations=2)
    await work.step()
    for one in (ONE, TWO, ONE, THREE):
        work.note(one)
    assert work.waiting == 3
    assert await work.step()
    assert not await work.step()
    assert index.batches == [(ONE, TWO), (THREE,)]


async def test_the_lag_is_how_long_the_first_has_waited_also_when_indexing_fails():
    index, clock = Index(), HandClock()
    work, _ = indexing(index, clock)
    await work.step()
    work.note(ONE)
    clock.at += 3
    work.note(TWO)
    index.fails = 1
    try:
        await work.step()
    except StorageFailed:
        clock.at += 4
    assert (work.waiting, work.lag_s) == (2, 7.0)
    assert not await work.step()
    assert (work.waiting, work.lag_s) == (0, 0.0)


async def test_more_than_may_wait_are_found_by_looking_through_all():
    index = Index(_1=1, _2=1, _3=1)
    work, _ = indexing(index, max_waiting=1)
    for one in (ONE, TWO, THREE):
        work.note(one)
        assert work.waiting == 1
    for _ in range(8):
        await work.step()
    assert set(index.late.values()) == {0}


def test_the_loop_rests_sleeps_and_outlives_failures():
    async def story():
        loop = asyncio.get_running_loop()
        index = Index(_1=1)
        work, _ = indexing(index, loop, look_through_s=60.0, collect_s=0.5)
        index.fails = 1
        running = asyncio.ensure_future(work.run())
        while not index.batches:
            await asyncio.sleep(0.1)
        index.late[TWO] = 1
        work.note(TWO)
        noted_at = loop.time()
        while index.late[TWO]:
            await asyncio.sleep(0.1)
        assert loop.time() - noted_at >= 0.4
        # Another process has stored something and died.
        index.late[THREE] = 1
        while index.late[THREE]:
            await asyncio.sleep(1)
        assert index.looked_through >= 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run_virtual(story())


def test_while_very_much_is_sent_the_index_gives_way_and_catches_up_later():
    async def story():
        loop = asyncio.get_running_loop()
        index = Index()
        work, _ = indexing(
            index, loop, batch_events=10, busy_events_per_s=100, busy_rest_s=1.0, collect_s=0.1
        )
        running = asyncio.ensure_future(work.run())
        await asyncio.sleep(1)
        early = 0
        for number in range(10_000):
            if number == 1_000:
                early = len(index.batches)
            index.late[ONE] = index.late.get(ONE, 0) + 1
            work.note(ONE)
            await asyncio.sleep(0.001)
        # A batch each second, and no more.
        assert 8 <= len(index.batches) - early <= 10
        ended_at = loop.time()
        while index.late[ONE]:
            await asyncio.sleep(0.1)
        assert loop.time() - ended_at <= 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run_virtual(story())
