"""What every log driver promises."""

import asyncio

import pytest

from parlor.drivers.memory.log import MemoryLog
from parlor.drivers.sql.log import SqlLog
from parlor.model.errors import LogFull
from parlor.ports.log import Backlog, LogLimits
from tests.support.databases import DATABASES

LIMITS = LogLimits(max_entries=6, max_bytes=100, max_keys=3, max_aside=2)
AT = 1_800_000_000_000


@pytest.fixture(params=["memory", *DATABASES])
async def log(request, tmp_path):
    if request.param == "memory":
        yield MemoryLog(LIMITS)
        return
    async with DATABASES[request.param](tmp_path) as database:
        other = SqlLog(database, "another", LIMITS)
        await other.append(b"not yours", AT, key="k", answer=b"other")
        yield SqlLog(database, "mine", LIMITS)


async def bodies(log, group="g", after=None, limit=100) -> list[bytes]:
    return [entry.body for entry in await log.read(group, after, limit)]


async def test_positions_are_dense_in_the_order_of_calls(log):
    appended = await asyncio.gather(*(log.append(b"%d" % n, AT) for n in range(5)))
    assert [one.position for one in appended] == [1, 2, 3, 4, 5]
    entries = await log.read("g", None, 100)
    assert [(one.position, one.body) for one in entries] == [(n + 1, b"%d" % n) for n in range(5)]


async def test_a_reader_goes_on_where_its_group_acknowledged(log):
    for n in range(4):
        await log.append(b"%d" % n, AT)
    assert await bodies(log, limit=2) == [b"0", b"1"]
    assert await bodies(log, after=2) == [b"2", b"3"]
    await log.acknowledge("g", 3)
    assert await bodies(log) == [b"3"]
    await log.acknowledge("g", 1)
    assert await bodies(log) == [b"3"]
    await log.acknowledge("g", 99)
    assert await bodies(log) == []
    await log.append(b"4", AT)
    assert await bodies(log) == [b"4"]


async def test_groups_are_independent_and_the_slowest_keeps_the_entries(log):
    await log.append(b"0", AT)
    await log.append(b"1", AT)
    await log.acknowledge("slow", 1)
    await log.acknowledge("quick", 2)
    assert await bodies(log, "slow") == [b"1"]
    assert await bodies(log, "quick") == []
    assert await log.backlog("slow") == Backlog(1, 1, 1)
    assert await log.backlog("quick") == Backlog(2, 0, 0)


async def test_a_full_log_refuses_until_there_is_place_again(log):
    for n in range(6):
        await log.append(b"%d" % n, AT)
    with pytest.raises(LogFull) as refused:
        await log.append(b"x", AT)
    assert refused.value.retry_after_s > 0
    await log.acknowledge("g", 1)
    await log.append(b"x", AT)
    assert await log.backlog("g") == Backlog(1, 6, 6)


async def test_bytes_are_bounded_too(log):
    await log.append(bytes(90), AT)
    with pytest.raises(LogFull):
        await log.append(bytes(11), AT)
    await log.append(bytes(10), AT)
    await log.acknowledge("g", 1)
    await log.append(bytes(90), AT)


async def test_a_key_is_appended_once_and_answered_as_at_first(log):
    first = await log.append(b"a", AT, key="k", answer=b"one")
    assert first.first is None
    again = await log.append(b"b", AT, key="k", answer=b"two")
    assert (again.position, again.first) == (first.position, b"one")
    assert await bodies(log) == [b"a"]
    await log.acknowledge("g", 1)
    assert (await log.append(b"c", AT, key="k", answer=b"three")).first == b"one"


async def test_the_same_key_at_the_same_moment_is_appended_once(log):
    appended = await asyncio.gather(
        *(log.append(b"%d" % n, AT, key="k", answer=b"%d" % n) for n in range(4))
    )
    assert [one.first for one in appended] == [None, b"0", b"0", b"0"]
    assert await bodies(log) == [b"0"]


async def test_a_refused_key_is_free(log):
    for n in range(6):
        await log.append(b"%d" % n, AT)
    with pytest.raises(LogFull):
        await log.append(b"x", AT, key="k", answer=b"x")
    await log.acknowledge("g", 6)
    assert (await log.append(b"y", AT, key="k", answer=b"y")).first is None


async def test_keys_are_forgotten_by_age_and_number_but_never_before_they_are_done(log):
    for n in range(5):
        await log.append(b"%d" % n, AT + n, key=f"k{n}")
    assert await log.sweep(AT + 99, 100) == 0
    await log.acknowledge("g", 4)
    assert await log.sweep(AT, 100) == 1  # of four that are done, three may be remembered
    assert (await log.append(b"x", AT, key="k1")).first == b""
    assert (await log.append(b"x", AT, key="k0")).first is None
    assert await log.sweep(AT + 3, 100) == 2
    assert (await log.append(b"x", AT, key="k3")).first == b""


async def test_what_is_set_aside_is_kept_in_bounds_and_still_acknowledged(log):
    for n in range(4):
        await log.append(b"%d" % n, AT)
        await log.set_aside(n + 1, "unreadable", AT)
        await log.set_aside(n + 1, "unreadable", AT)
    assert len(await bodies(log)) == 4
    await log.acknowledge("g", 4)
    await log.set_aside(4, "gone already", AT)
    assert await bodies(log) == []


async def test_empty_and_large_bodies_come_back_as_they_were(log):
    await log.append(b"", AT)
    await log.append(bytes(range(100)), AT)
    assert await bodies(log) == [b"", bytes(range(100))]
