import asyncio

from parlor.gateway.turn import Turn


class Stream:
    def __init__(self) -> None:
        self.flushes = 0

    def flush(self) -> None:
        self.flushes += 1


async def test_streams_are_flushed_when_the_turn_ends():
    turn, streams = Turn(asyncio.get_running_loop()), [Stream(), Stream()]
    for stream in streams:
        turn.add(stream)
    assert [stream.flushes for stream in streams] == [0, 0]
    await asyncio.sleep(0)
    assert [stream.flushes for stream in streams] == [1, 1]
    await asyncio.sleep(0)
    assert [stream.flushes for stream in streams] == [1, 1]


async def test_what_is_added_during_a_flush_has_its_own_turn():
    turn, late = Turn(asyncio.get_running_loop()), Stream()

    class Adding(Stream):
        def flush(self) -> None:
            super().flush()
            turn.add(late)

    turn.add(Adding())
    turn.flush()
    assert late.flushes == 0
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert late.flushes == 1
