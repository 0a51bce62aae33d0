import asyncio
import threading

import pytest

from parlor.api.debug import Debug, DebugSettings
from parlor.drivers.profiler import LoopProfiler
from parlor.model.errors import BadRequest, Forbidden, ProfileRunning
from tests.support.rest_services import NoProfile


async def waits_for_ever(secret: str) -> None:
    await asyncio.get_running_loop().create_future()


async def test_stacks_say_where_tasks_and_threads_are_and_count_equal_ones():
    tasks = [asyncio.create_task(waits_for_ever("hunter2")) for _ in range(3)]
    await asyncio.sleep(0)
    try:
        report = Debug(DebugSettings(), NoProfile).stacks()
    finally:
        for task in tasks:
            task.cancel()
    block = next(part for part in report.split("\n\n") if "waits_for_ever" in part)
    assert block.startswith("3 x")
    assert "test_debug.py:" in block
    assert threading.current_thread().name in report
    assert "hunter2" not in report


async def test_one_profile_at_a_time():
    debug = Debug(DebugSettings(), NoProfile)
    first = asyncio.create_task(debug.profile(0.01, html=False))
    await asyncio.sleep(0)
    with pytest.raises(ProfileRunning):
        await debug.profile(0.01, html=False)
    assert await first == "profile"
    assert await debug.profile(0.01, html=True) == "<html></html>"


async def test_a_profile_that_is_cancelled_makes_place_for_the_next():
    debug = Debug(DebugSettings(), NoProfile)
    first = asyncio.create_task(debug.profile(10, html=False))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert await debug.profile(0.01, html=False) == "profile"


@pytest.mark.parametrize("seconds", [0, -1, 2.1, float("nan"), float("inf")])
async def test_a_profile_has_a_bounded_time(seconds):
    with pytest.raises(BadRequest, match="at most 2"):
        await Debug(DebugSettings(max_seconds=2), NoProfile).profile(seconds, html=False)


async def test_turned_off_nothing_is_shown():
    debug = Debug(DebugSettings(enabled=False), NoProfile)
    with pytest.raises(Forbidden, match=r"debug\.enabled"):
        debug.stacks()
    with pytest.raises(Forbidden):
        await debug.profile(1, html=False)


def test_a_time_that_is_none_is_no_setting():
    with pytest.raises(ValueError, match="max_seconds"):
        DebugSettings(max_seconds=0)


async def test_the_profiler_sees_what_other_tasks_do():
    def spend_the_time() -> int:
        return sum(n * n for n in range(2_000))

    async def busy() -> None:
        while True:
            spend_the_time()
            await asyncio.sleep(0)

    task = asyncio.create_task(busy())
    try:
        report = await Debug(DebugSettings(), LoopProfiler).profile(0.3, html=False)
    finally:
        task.cancel()
    assert "spend_the_time" in report
