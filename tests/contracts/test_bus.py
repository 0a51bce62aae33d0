"""What every bus driver promises (`ports.bus`). A driver is one more parameter here."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from parlor.drivers.memory.bus import MemoryBus
from parlor.ports.bus import Bus, Subject

PUSHES, OTHER = Subject("pushes"), Subject("other")


@pytest.fixture(params=["memory"])
async def bus(request) -> Bus:
    return {"memory": MemoryBus}[request.param]()


async def _next(messages) -> bytes:
    async with asyncio.timeout(5):
        return await anext(messages)


async def test_every_subscriber_gets_every_message_of_its_subject(bus):
    async with bus.subscribe(PUSHES) as one, bus.subscribe(PUSHES) as two:
        await bus.publish(PUSHES, b"a")
        assert [await _next(one), await _next(two)] == [b"a", b"a"]


async def test_subjects_do_not_mix(bus):
    async with bus.subscribe(PUSHES) as messages, bus.subscribe(OTHER) as others:
        await bus.publish(OTHER, b"other")
        await bus.publish(PUSHES, b"mine")
        assert await _next(messages) == b"mine"
        assert await _next(others) == b"other"


async def test_messages_of_one_publisher_keep_their_order(bus):
    async with bus.subscribe(PUSHES) as messages:
        for number in range(500):
            await bus.publish(PUSHES, b"%d" % number)
        assert [await _next(messages) for _ in range(500)] == [b"%d" % n for n in range(500)]


async def test_a_subscriber_that_left_gets_nothing_and_hinders_nobody(bus):
    async with bus.subscribe(PUSHES) as staying:
        async with bus.subscribe(PUSHES):
            await bus.publish(PUSHES, b"1")
        await bus.publish(PUSHES, b"2")
        assert [await _next(staying), await _next(staying)] == [b"1", b"2"]


async def test_nobody_listening_is_no_error(bus):
    await bus.publish(PUSHES, b"into the void")
    async with bus.subscribe(PUSHES) as messages:
        await bus.publish(PUSHES, b"heard")
        assert await _next(messages) == b"heard"


async def test_a_subscriber_that_stops_reading_hinders_nobody(bus):
    async with bus.subscribe(PUSHES), bus.subscribe(PUSHES) as reading:
        for number in range(20_000):
            await bus.publish(PUSHES, b"%d" % number)
            assert await _next(reading) == b"%d" % number


async def test_many_may_wait_at_once_and_be_cancelled(bus):
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(bus.subscribe(PUSHES)) for _ in range(5)]
        waiting = [asyncio.create_task(_next(reader)) for reader in readers]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await bus.publish(PUSHES, b"x")
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert results[1:] == [b"x"] * 4
        assert await _next(readers[0]) == b"x"
