import asyncio

import msgspec
import pytest

from parlor.accounts.guests import session_of
from parlor.accounts.seen import SeenDevices
from parlor.accounts.settings import AccountsSettings
from parlor.model.account import Identity
from parlor.model.errors import StorageFailed
from parlor.model.ids import DeviceId, UserId
from tests.support.steady import HandClock


class Marks:
    """A store that remembers; `fails` makes it refuse."""

    def __init__(self):
        self.calls = []
        self.fails = False

    async def mark_seen(self, seen):
        if self.fails:
            raise StorageFailed
        self.calls.append([(one.session, one.at_ms, one.address) for one in seen])


@pytest.fixture
def marks():
    return Marks()


@pytest.fixture
def clock():
    return HandClock()


def seen_by(marks, clock, **settings):
    return SeenDevices(marks, msgspec.convert(settings, AccountsSettings), clock)


async def test_a_device_that_asks_often_is_written_once(marks, clock):
    seen = seen_by(marks, clock)
    me = Identity(UserId("1"), DeviceId("phone"), "s1")
    for _ in range(100):
        clock.at += 1
        seen.note(me, "203.0.113.7")
    await seen.write()
    assert marks.calls == [[("s1", clock.unix_ms(), "203.0.113.7")]]
    await seen.write()
    assert len(marks.calls) == 1


async def test_customers_users_and_nobody_are_not_written(marks, clock):
    seen = seen_by(marks, clock)
    seen.note_session(session_of("token"), "203.0.113.7")
    seen.note_session("", "203.0.113.7")
    await seen.write()
    assert marks.calls == []


async def test_of_more_than_may_wait_the_first_are_left_out(marks, clock):
    seen = seen_by(marks, clock, seen_at_most=2)
    for name in ("a", "b", "a", "c"):
        seen.note_session(name, "")
    assert len(seen) == 2
    await seen.write()
    assert [session for session, *_ in marks.calls[0]] == ["a", "c"]


async def test_many_are_written_in_pieces(marks, clock):
    seen = seen_by(marks, clock)
    for number in range(1_100):
        seen.note_session(f"s{number}", "x" * 300)
    await seen.write()
    assert [len(call) for call in marks.calls] == [500, 500, 100]
    assert len(marks.calls[0][0][2]) == 64


async def test_what_the_store_does_not_take_is_written_later(marks, clock):
    seen = seen_by(marks, clock)
    seen.note_session("s1", "")
    marks.fails = True
    await seen.write()
    marks.fails = False
    first_at = clock.unix_ms()
    clock.at += 5
    seen.note_session("s2", "")
    await seen.write()
    assert marks.calls == [[("s1", first_at, ""), ("s2", clock.unix_ms(), "")]]


async def test_what_waits_at_the_end_is_written(marks, clock):
    seen = seen_by(marks, clock)
    running = asyncio.create_task(seen.run())
    await asyncio.sleep(0)
    seen.note_session("s1", "")
    running.cancel()
    await asyncio.wait([running])
    assert len(marks.calls) == 1
