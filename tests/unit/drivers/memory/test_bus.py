from parlor.drivers.memory.bus import MemoryBus
from parlor.ports.bus import Subject

PUSHES = Subject("pushes")


async def test_a_subscriber_that_falls_behind_loses_the_oldest_and_each_is_counted():
    dropped: list[Subject] = []
    bus = MemoryBus(max_waiting=3, on_dropped=dropped.append)
    async with bus.subscribe(PUSHES) as messages:
        for number in range(5):
            await bus.publish(PUSHES, b"%d" % number)
        assert [await anext(messages) for _ in range(3)] == [b"2", b"3", b"4"]
    assert dropped == [PUSHES, PUSHES]


async def test_a_subject_without_subscribers_is_forgotten():
    bus = MemoryBus()
    async with bus.subscribe(PUSHES), bus.subscribe(PUSHES):
        pass
    assert bus.subjects == frozenset()
