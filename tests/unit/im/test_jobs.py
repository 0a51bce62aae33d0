import asyncio

import pytest

from parlor.im.jobs import SHORTEST_WAIT_S
from parlor.im.message_settings import MessageSettings
from parlor.model.errors import StorageFailed
from parlor.model.scheduled import Said
from tests.support.storage import ANN, BOB
from tests.support.talk import open_talk

SETTINGS = MessageSettings(job_poll_s=5, job_batch=2)


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, of_messages=SETTINGS) as opened:
        yield opened


async def test_a_step_does_what_is_due_and_says_when_to_come_back(talk):
    jobs, schedules = talk.messaging.jobs, talk.messaging.schedules
    direct = await talk.direct()
    assert await jobs.step() == 5
    now = talk.clock.unix_ms()
    await schedules.put(ANN, direct, "c", now + 3_000, Said("later"))
    await talk.send.text(ANN, direct, "d", "secret", expires_in_s=4)
    assert await jobs.step() == 3
    talk.clock.at += 3
    assert await jobs.step() == 1
    assert await talk.stores.texts(direct) == ["secret", "later"]
    talk.clock.at += 1
    assert await jobs.step() == 5
    assert await talk.stores.texts(direct) == ["", "later"]
    assert talk.meter.counted["im_expired_total"] == 1


async def test_what_is_due_at_once_is_done_in_batches_without_a_pause(talk):
    jobs = talk.messaging.jobs
    direct = await talk.direct()
    for number in range(5):
        await talk.send.text(ANN, direct, f"{number}", "secret", expires_in_s=1)
    talk.clock.at += 1
    assert [await jobs.step() for _ in range(3)] == [0, 0, 5]
    assert await talk.stores.texts(direct) == [""] * 5


async def test_nothing_is_asked_for_again_at_once(talk):
    jobs, schedules = talk.messaging.jobs, talk.messaging.schedules
    direct = await talk.direct()
    now = talk.clock.unix_ms()
    await schedules.put(ANN, direct, "c", now + 1, Said("later"))
    assert await jobs.step() == SHORTEST_WAIT_S


async def test_what_is_scheduled_while_the_loop_sleeps_wakes_it(talk):
    jobs, schedules = talk.messaging.jobs, talk.messaging.schedules
    direct = await talk.direct()
    running = asyncio.ensure_future(jobs.run())
    try:
        await schedules.put(ANN, direct, "c", 1, Said("now"))
        async with asyncio.timeout(4):
            while not await talk.stores.texts(direct):
                await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_loop_outlives_a_store_that_fails(talk):
    jobs = talk.messaging.jobs
    direct = await talk.direct()
    told = asyncio.Event()

    class Failing:
        async def expire(self, now_ms, limit):
            told.set()
            raise StorageFailed

    jobs._states = Failing()
    running = asyncio.ensure_future(jobs.run())
    try:
        await told.wait()
        told.clear()
        await talk.messaging.schedules.put(BOB, direct, "c", 1, Said("now"))
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
