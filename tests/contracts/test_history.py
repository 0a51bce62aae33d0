"""What every driver of `ports.history` promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.drivers.memory.history import PUSH_BYTES, MemoryHistory
from parlor.model.ids import PushId, RoomId
from parlor.model.push import Push
from parlor.model.room import Position
from parlor.ports.history import History, Keep, Tail
from tests.support.steady import CountedBytes, HandClock

ROOM, OTHER = RoomId("room"), RoomId("other")
KEEP = Keep(count=5, seconds=60.0, max_bytes=100_000)


def pushes(*bodies: str) -> list[Push]:
    return [Push(PushId(body), body.encode()) for body in bodies]


def seen(tail: Tail) -> list[tuple[int, bytes]]:
    return [(push.offset, push.body) for push in tail.pushes]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["memory"])
def history(request, clock) -> History:
    return MemoryHistory(clock, CountedBytes(), max_bytes=1_000_000, max_rooms=100)


async def test_messages_are_numbered_from_one_without_gaps(history: History):
    first = await history.append(ROOM, pushes("a", "b"), KEEP)
    second = await history.append(ROOM, pushes("c"), KEEP)
    assert (first.offset, second.offset) == (2, 3)
    assert first.epoch == second.epoch
    assert (await history.append(OTHER, pushes("x"), KEEP)).offset == 1


async def test_what_was_missed_comes_in_order_and_only_that(history: History):
    at = await history.append(ROOM, pushes("a"), KEEP)
    await history.append(ROOM, pushes("b", "c"), KEEP)
    tail = await history.since(ROOM, at, KEEP)
    assert tail.recovered
    assert tail.position == Position(at.epoch, 3)
    assert seen(tail) == [(2, b"b"), (3, b"c")]
    nothing = await history.since(ROOM, tail.position, KEEP)
    assert (nothing.recovered, nothing.pushes) == (True, ())


async def test_a_gap_is_told_and_what_is_left_is_given(history: History):
    at = await history.append(ROOM, pushes("a"), KEEP)
    await history.append(ROOM, pushes("b", "c", "d", "e", "f", "g"), KEEP)
    tail = await history.since(ROOM, at, KEEP)
    assert not tail.recovered
    assert seen(tail) == [(3, b"c"), (4, b"d"), (5, b"e"), (6, b"f"), (7, b"g")]


@pytest.mark.parametrize("offset", [8, -1, 2**53])
async def test_an_offset_that_never_was_is_no_position(history: History, offset: int):
    at = await history.append(ROOM, pushes("a"), KEEP)
    assert not (await history.since(ROOM, Position(at.epoch, offset), KEEP)).recovered


async def test_another_epoch_and_no_position_at_all_are_not_recovered(history: History):
    await history.append(ROOM, pushes("a"), KEEP)
    for position in (None, Position("another", 1), Position("", 0)):
        tail = await history.since(ROOM, position, KEEP)
        assert not tail.recovered
        assert seen(tail) == [(1, b"a")]


async def test_a_room_in_which_nothing_was_said_has_a_position_too(history: History):
    before = await history.since(ROOM, None, KEEP)
    assert (before.position.offset, before.pushes) == (0, ())
    assert (await history.since(ROOM, before.position, KEEP)).recovered
    await history.append(ROOM, pushes("a"), KEEP)
    tail = await history.since(ROOM, before.position, KEEP)
    assert tail.recovered
    assert seen(tail) == [(1, b"a")]


async def test_messages_grow_too_old_but_the_count_goes_on(history: History, clock: HandClock):
    at = await history.append(ROOM, pushes("a"), KEEP)
    clock.at += 40
    await history.append(ROOM, pushes("b"), KEEP)
    clock.at += 30
    tail = await history.since(ROOM, None, KEEP)
    assert seen(tail) == [(2, b"b")]
    clock.at += 100
    assert not (await history.since(ROOM, at, KEEP)).recovered
    assert (await history.since(ROOM, tail.position, KEEP)).recovered
    assert (await history.append(ROOM, pushes("c"), KEEP)).offset == 3


async def test_a_room_has_its_share_of_bytes_and_no_more(history: History):
    small = Keep(count=0, seconds=0.0, max_bytes=5_000)
    await history.append(ROOM, pushes(*("x" * 1_500 for _ in range(9))), small)
    kept = await history.since(ROOM, None, small)
    assert 1 <= len(kept.pushes) <= 3
    assert kept.pushes[-1].offset == 9


@given(st.lists(st.integers(0, 400), max_size=30), st.integers(0, 8), st.integers(0, 30))
async def test_recovered_is_exactly_what_was_appended_after(sizes, count, at):
    keep = Keep(count=count, seconds=0.0, max_bytes=3_000)
    history = MemoryHistory(HandClock(), CountedBytes(), max_bytes=10_000, max_rooms=10)
    epoch = (await history.since(ROOM, None, keep)).position.epoch
    bodies = [bytes([number]) * size for number, size in enumerate(sizes)]
    for body in bodies:
        await history.append(ROOM, [Push(PushId("p"), body)], keep)
    tail = await history.since(ROOM, Position(epoch, at), keep)
    if tail.recovered:
        assert [push.body for push in tail.pushes] == bodies[at:]
    else:
        assert at > len(bodies) or len(tail.pushes) < len(bodies) - at
        assert [push.body for push in tail.pushes] == bodies[len(bodies) - len(tail.pushes) :]


async def test_the_room_silent_longest_gives_way_and_only_it():
    """The bound over all rooms, of the driver in memory."""
    each = PUSH_BYTES + 700
    history = MemoryHistory(HandClock(), CountedBytes(), max_bytes=3 * each, max_rooms=100)
    rooms = [RoomId(f"r{number}") for number in range(3)]
    at = [await history.append(room, pushes("x" * 700), KEEP) for room in rooms]
    assert (history.bytes, history.evicted) == (3 * each, 0)
    await history.append(RoomId("new"), pushes("y" * 700), KEEP)
    assert (history.bytes, history.evicted) == (3 * each, 1)
    assert (await history.since(rooms[0], None, KEEP)).pushes == ()
    # It lost what it kept, but it knows how far it was.
    assert (await history.since(rooms[0], at[0], KEEP)).recovered
    assert not (await history.since(rooms[0], Position(at[0].epoch, 0), KEEP)).recovered
    assert len((await history.since(rooms[1], None, KEEP)).pushes) == 1


async def test_a_room_too_many_is_forgotten_and_its_positions_with_it():
    history = MemoryHistory(HandClock(), CountedBytes(), max_bytes=1_000_000, max_rooms=2)
    never = await history.since(RoomId("never"), None, KEEP)
    at = await history.append(ROOM, pushes("a"), KEEP)
    for name in ("b", "c"):
        await history.append(RoomId(name), pushes("x"), KEEP)
    assert history.rooms == 2
    assert not (await history.since(ROOM, at, KEEP)).recovered
    anew = await history.append(ROOM, pushes("a2"), KEEP)
    assert anew.offset == 1
    assert anew.epoch != at.epoch
    # Whoever was told "nothing yet" before something was forgotten is not sure any more.
    assert not (await history.since(RoomId("never"), never.position, KEEP)).recovered


async def test_a_message_larger_than_everything_leaves_nothing_behind():
    history = MemoryHistory(HandClock(), CountedBytes(), max_bytes=1_000, max_rooms=2)
    big = Keep(count=1, seconds=0.0, max_bytes=1_000_000)
    at = await history.append(ROOM, pushes("x" * 5_000), big)
    assert (history.bytes, history.evicted) == (0, 1)
    assert (await history.since(ROOM, at, big)).recovered


async def test_old_messages_of_other_rooms_go_when_anything_is_said(clock: HandClock):
    history = MemoryHistory(clock, CountedBytes(), max_bytes=1_000_000, max_rooms=100)
    for number in range(10):
        await history.append(RoomId(f"r{number}"), pushes("x"), KEEP)
    assert history.bytes == 10 * (PUSH_BYTES + 1)
    clock.at += 60
    await history.append(ROOM, pushes("y"), KEEP)
    assert history.bytes == PUSH_BYTES + 1
