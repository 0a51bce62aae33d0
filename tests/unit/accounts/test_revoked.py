from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.guests import session_of
from parlor.accounts.revoked import Revoked
from parlor.model.account import Identity
from parlor.model.errors import Overloaded, StorageFailed, Unauthenticated
from parlor.model.ids import DeviceId, UserId
from parlor.ports.accounts import Revocation, RevocationKind
from tests.support.steady import HandClock
from tests.support.virtual_time import VirtualLoop, run_virtual

USER, DEVICE, SESSION = RevocationKind.USER, RevocationKind.DEVICE, RevocationKind.SESSION


class Rows:
    """A store in memory that several processes may share."""

    def __init__(self) -> None:
        self.rows: list[Revocation] = []
        self.queries = 0
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def add(self, revocation: Revocation, now: float) -> None:
        if self.failure is not None:
            raise self.failure
        self.rows.append(revocation)

    async def since(self, mark: int) -> tuple[Sequence[Revocation], int]:
        self.queries += 1
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return self.rows[mark:], len(self.rows)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def rows() -> Rows:
    return Rows()


def revoked_in(rows: Rows, clock: HandClock, **settings: float) -> Revoked:
    return Revoked(rows, AuthSettings(**settings), clock, lifetime_s=600)  # type: ignore[arg-type]


@pytest.fixture
def revoked(rows: Rows, clock: HandClock) -> Revoked:
    return revoked_in(rows, clock)


def somebody(clock: HandClock, issued_s_ago: float = 10.0) -> Identity:
    now = clock.unix_ms() / 1000
    return Identity(
        UserId("ann"), DeviceId("phone"), "s1",
        expires_at=now + 600, issued_at=now - issued_s_ago if issued_s_ago else 0.0,
    )  # fmt: skip


def refuses(revoked: Revoked, identity: Identity, seen_at: float | None = None) -> bool:
    try:
        revoked.check(identity, seen_at=seen_at)
    except Unauthenticated as refused:
        return refused.was_good
    return False


@pytest.mark.parametrize(("kind", "value"), [(USER, "ann"), (DEVICE, "phone"), (SESSION, "s1")])
async def test_what_is_revoked_is_refused_from_then_on(revoked, clock, kind, value):
    ann = somebody(clock)
    assert not refuses(revoked, ann)
    await revoked.add(kind, value)
    assert refuses(revoked, ann)


@pytest.mark.parametrize(("kind", "value"), [(USER, "bob"), (DEVICE, "pad"), (SESSION, "s2")])
async def test_others_go_on(revoked, clock, kind, value):
    await revoked.add(kind, value)
    assert not refuses(revoked, somebody(clock))


async def test_what_was_issued_later_is_good_but_not_what_says_nothing_of_it(revoked, clock):
    await revoked.add(USER, "ann")
    clock.at += 1
    assert not refuses(revoked, somebody(clock, issued_s_ago=0.5))
    assert refuses(revoked, somebody(clock, issued_s_ago=0.0))


async def test_another_process_begins_with_all_of_it_by_one_query(rows, revoked, clock):
    for kind, value in ((USER, "ann"), (DEVICE, "phone"), (SESSION, "s1")):
        await revoked.add(kind, value)
    other = revoked_in(rows, clock)
    await other.load()
    assert (len(other), rows.queries) == (3, 1)
    assert refuses(other, somebody(clock))


async def test_what_another_process_revokes_is_noticed_after_a_while(rows, revoked, clock):
    await revoked.load()
    await revoked_in(rows, clock).add(USER, "ann")
    await revoked.catch_up()
    assert not refuses(revoked, somebody(clock))
    clock.at += 30
    await asyncio.gather(*(revoked.catch_up() for _ in range(1_000)))
    assert refuses(revoked, somebody(clock, issued_s_ago=60.0))
    assert rows.queries == 2


async def test_who_asks_while_the_query_runs_waits_for_it(rows, revoked, clock):
    await revoked.load()
    await revoked_in(rows, clock).add(USER, "ann")
    clock.at += 30
    rows.gate = asyncio.Event()
    first = asyncio.ensure_future(revoked.catch_up())
    while rows.queries < 2:
        await asyncio.sleep(0)
    second = asyncio.ensure_future(revoked.catch_up())
    await asyncio.sleep(0)
    assert not second.done()
    rows.gate.set()
    await asyncio.gather(first, second)
    assert refuses(revoked, somebody(clock, issued_s_ago=60.0))
    assert rows.queries == 2


async def test_what_is_known_counts_on_while_the_database_does_not_answer(rows, revoked, clock):
    await revoked.load()
    await revoked.add(USER, "ann")
    rows.failure = StorageFailed()
    clock.at += 30
    await revoked.catch_up()
    assert refuses(revoked, somebody(clock, issued_s_ago=60.0))
    with pytest.raises(StorageFailed):
        await revoked.add(USER, "bob")


async def test_what_has_expired_takes_no_room(rows, clock):
    revoked = revoked_in(rows, clock, max_revocations=3)
    for value in "abc":
        await revoked.add(USER, value)
    with pytest.raises(Overloaded):
        await revoked.add(USER, "d")
    assert len(rows.rows) == 3
    clock.at += 600
    await revoked.add(USER, "d")
    assert len(revoked) == 1


async def test_a_sign_in_that_ends_when_there_is_no_room_voids_every_ticket(rows, clock):
    revoked = revoked_in(rows, clock, max_revocations=1)
    await revoked.add(USER, "bob")
    before = clock.unix_ms() / 1000
    revoked.on_session_end(somebody(clock))
    assert refuses(revoked, somebody(clock), seen_at=before)
    clock.at += 1
    assert not refuses(revoked, somebody(clock), seen_at=clock.unix_ms() / 1000)
    assert len(revoked) == 1


async def test_ended_sign_ins_make_room_for_what_is_revoked(rows, clock):
    revoked = revoked_in(rows, clock, max_revocations=3)
    await revoked.add(SESSION, session_of("t1"))
    seen_at = clock.unix_ms() / 1000
    for session in ("s1", "s2"):
        revoked.on_session_end(replace(somebody(clock), session=session))
    await revoked.add(USER, "bob")
    await revoked.add(DEVICE, "pad")
    assert len(revoked) == 3
    # Their tickets stay void, together with all the others of that time.
    assert refuses(revoked, replace(somebody(clock), session="s1"), seen_at=seen_at)
    for changed in ({"user": "bob"}, {"device": "pad"}, {"session": session_of("t1")}):
        assert refuses(revoked, replace(somebody(clock), **changed))
    with pytest.raises(Overloaded):
        await revoked.add(USER, "carl")


async def test_a_ticket_made_after_room_was_made_is_good(rows, clock):
    revoked = revoked_in(rows, clock, max_revocations=1)
    revoked.on_session_end(replace(somebody(clock), session="s2"))
    await revoked.add(USER, "bob")
    clock.at += 1
    assert not refuses(revoked, somebody(clock), seen_at=clock.unix_ms() / 1000)


async def test_what_another_process_has_revoked_is_refused_whatever_there_is_room_for(rows, clock):
    for user in ("ann", "bob"):
        await revoked_in(rows, clock).add(USER, user)
    small = revoked_in(rows, clock, max_revocations=1)
    await small.load()
    for user in ("ann", "bob"):
        assert refuses(small, replace(somebody(clock), user=user))


async def test_a_changed_name_voids_older_tickets_and_no_token(revoked, clock):
    before = clock.unix_ms() / 1000
    await revoked.outdate(UserId("ann"))
    assert refuses(revoked, somebody(clock), seen_at=before)
    assert not refuses(revoked, somebody(clock))
    clock.at += 1
    assert not refuses(revoked, somebody(clock), seen_at=clock.unix_ms() / 1000)


async def test_sign_ins_that_another_process_ended_are_told_of_once(rows, revoked, clock):
    told: list[frozenset[str]] = []
    revoked.on_found(told.append)
    await revoked.load()
    other = revoked_in(rows, clock)
    for kind, value in ((USER, "ann"), (SESSION, "s1"), (SESSION, "s2")):
        await other.add(kind, value)
    await revoked.add(SESSION, "ended here")
    await revoked.load()
    await revoked.load()
    assert told == [{"s1", "s2"}]
    # What has run out ends by itself.
    await other.add(SESSION, "s3")
    clock.at += 600
    await revoked.load()
    assert told == [{"s1", "s2"}]


def test_what_others_end_is_looked_for_while_nobody_asks(rows):
    async def told_after() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        revoked = Revoked(rows, AuthSettings(recheck_s=30.0), loop, lifetime_s=600)
        told = asyncio.Event()
        revoked.on_found(lambda _: told.set())
        await revoked.load()
        running = asyncio.ensure_future(revoked.run())
        await Revoked(rows, AuthSettings(), loop, lifetime_s=600).add(SESSION, "s1")
        began = loop.now()
        await told.wait()
        running.cancel()
        return loop.now() - began

    assert run_virtual(told_after()) == pytest.approx(30.0)
