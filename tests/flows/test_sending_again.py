"""Whatever breaks while a message is on its way: the sender sends it again, and it is there once.

Each fault strikes at one step between the request and its answer. A kill of the whole process is
in `tests/network/test_kill9_*`, a lost announcement in `test_im_convergence`.
"""

import asyncio
import sqlite3
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event as hooks

from parlor.im.announce import Announcements
from parlor.im.members import Rosters
from parlor.im.send import Send
from parlor.im.settings import ImSettings
from parlor.model.errors import StorageFailed
from tests.support.databases import URLS, open_at
from tests.support.steady import CountingMeter, HandClock, Told
from tests.support.storage import ANN, BOB, TALK, stores_in


class Sending:
    def __init__(self, database):
        self.database = database
        self.stores = stores_in(database)
        self.clock, self.told = HandClock(), Told()
        meter = CountingMeter()
        self.send = Send(
            self.stores.messages,
            Rosters(self.stores.conversations, self.clock, 100),
            Announcements(self.told, meter, limit_s=1.0),
            ImSettings(),
            self.clock,
        )

    async def say(self, text, sender=ANN):
        return await self.send.text(sender, TALK, text, text)


@asynccontextmanager
async def sending(url, folder, **settings):
    async with open_at(url, folder, **settings) as database:
        yield Sending(database)


@asynccontextmanager
async def two_who_talk(url, folder, **settings):
    async with sending(url, folder, **settings) as opened:
        await opened.stores.add_people(ANN, BOB)
        await opened.stores.add_talk()
        yield opened


@pytest.fixture(params=URLS)
async def url(request):
    async with URLS[request.param]() as made:
        yield made


@pytest.fixture
async def here(url, tmp_path):
    async with two_who_talk(url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def embedded(tmp_path):
    async with two_who_talk("sqlite", tmp_path, busy_timeout_s=0.05) as opened:
        yield opened


def storing(here):
    """The engine that stores messages."""
    database = here.database
    if hasattr(database, "_writer"):
        return database._writer._engine
    return database._engines.together.sync_engine


async def is_there_once(here, *texts):
    """Exactly `texts`, in their order, with a dense seq (`Stores.texts` checks that)."""
    assert await here.stores.texts() == list(texts)


@pytest.mark.parametrize("step", ["INSERT INTO events", "UPDATE conversations", "SELECT members"])
async def test_a_statement_that_fails_leaves_nothing_behind(here, step):
    failing = True

    def fail(connection, cursor, statement, parameters, context, many):
        if failing and statement.startswith(step):
            raise ConnectionResetError("the line is dead")

    hooks.listen(storing(here), "before_cursor_execute", fail)
    with pytest.raises(Exception, match=r"."):
        await here.say("once")
    failing = False
    _, created = await here.say("once")
    assert created
    await is_there_once(here, "once")


async def test_a_commit_that_fails_is_a_message_that_was_not_stored(here):
    failing = True

    def fail(connection):
        if failing:
            raise ConnectionResetError("the line is dead")

    hooks.listen(storing(here), "commit", fail)
    with pytest.raises(StorageFailed):
        await here.say("once")
    assert here.told.pushes == []
    failing = False
    _, created = await here.say("once")
    assert created
    await is_there_once(here, "once")


async def test_a_commit_whose_answer_was_lost_is_found_again(here):
    """The connection reports a failure although the commit had gone through."""
    failing = True

    def fail(connection):
        if failing:
            connection.connection.commit()
            raise ConnectionResetError("the line is dead")

    hooks.listen(storing(here), "commit", fail)
    with pytest.raises(StorageFailed):
        await here.say("once")
    failing = False
    event, created = await here.say("once")
    assert (event.text, created) == ("once", False)
    await is_there_once(here, "once")


async def test_a_sender_who_is_gone_before_the_answer_finds_it_stored_or_not_but_never_twice(here):
    for turns in range(6):
        text = f"gone after {turns}"
        going = asyncio.ensure_future(here.say(text))
        for _ in range(turns):
            await asyncio.sleep(0)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        await here.say(text)
    await is_there_once(here, *(f"gone after {turns}" for turns in range(6)))


async def test_an_announcement_that_fails_fails_no_send_and_the_retry_doubles_nothing(here):
    here.told.failure = RuntimeError("the bus is gone")
    _, created = await here.say("once")
    _, again = await here.say("once")
    assert (created, again) == (True, False)
    await is_there_once(here, "once")


async def test_a_full_disk_refuses_until_there_is_room_and_keeps_what_was_acknowledged(embedded):
    """The database may grow no further, whichever connection writes."""
    is_full = False
    most = 1 << 30

    def limit(connection):
        link = connection.connection.driver_connection
        (pages,) = link.execute("PRAGMA page_count").fetchone()
        link.execute(f"PRAGMA max_page_count = {pages if is_full else most}")

    hooks.listen(storing(embedded), "begin", limit)
    long = "x" * 4_000

    async def say_until_refused():
        for number in range(50):
            try:
                await embedded.send.text(ANN, TALK, f"{number}", long)
            except StorageFailed:
                return number
        return None

    is_full = True
    first = await say_until_refused()
    assert first is not None
    assert await say_until_refused() == first
    is_full = False
    await embedded.send.text(ANN, TALK, f"{first}", long)
    await is_there_once(embedded, *[long] * (first + 1))


async def test_a_database_that_another_process_holds_refuses_and_then_takes_it_once(
    embedded, tmp_path
):
    with sqlite3.connect(tmp_path / "parlor.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailed):
            await embedded.say("once")
        other.execute("ROLLBACK")
    other.close()
    _, created = await embedded.say("once")
    assert created
    await is_there_once(embedded, "once")


async def test_a_clock_that_jumps_changes_neither_order_nor_what_is_known(here):
    sent = []
    for number, jump in enumerate((0.0, -3_600.0, 10.0, 7_200.0, 86_400.0, -90_000.0)):
        here.clock.at += jump
        event, _ = await here.say(f"{number}")
        sent.append(event)
    again, created = await here.say("0")
    assert (again, created) == (sent[0], False)
    times = [event.sent_at for event in sent]
    assert times == sorted(times)
    await is_there_once(here, *(f"{number}" for number in range(6)))


async def test_a_process_that_ends_after_the_commit_leaves_it_to_the_next(url, tmp_path):
    async with two_who_talk(url, tmp_path) as first:
        unanswered = asyncio.ensure_future(first.say("once"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.gather(unanswered, return_exceptions=True)
    async with sending(url, tmp_path) as second:
        event, created = await second.say("once")
        assert (event.seq, created) == (2, False)
        await is_there_once(second, "once")
