"""The writer: sharing commits, keeping failures apart, never acknowledging what is not stored."""

import asyncio
import contextlib
import sqlite3
import threading

import pytest
from sqlalchemy import text

from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.drivers.sqlite.writer import Writer
from parlor.model.errors import NotFound, Overloaded, StorageFailed
from tests.support.steady import CountingMeter


class Bench:
    """A writer over a file with one table, and a look at what is really stored."""

    def __init__(self, path, max_waiting=100, max_batch=64, busy_timeout_s=0.05):
        self.path = path
        self.meter = CountingMeter()
        settings = SqliteSettings(busy_timeout_s=busy_timeout_s)
        self.engine = make_engine(path, Use.WRITING, settings, connections=1)
        self.writer = Writer(self.engine, self.meter, max_waiting=max_waiting, max_batch=max_batch)
        with self.engine.begin() as connection:
            connection.execute(text("CREATE TABLE said (word TEXT UNIQUE)"))

    async def __aenter__(self):
        self.writer.start()
        return self

    async def __aexit__(self, *_):
        await self.writer.close()
        self.engine.dispose()

    def say(self, word):
        return self.writer.write(lambda db: insert(db, word))

    def stored(self):
        with sqlite3.connect(self.path) as link:
            return [word for (word,) in link.execute("SELECT word FROM said ORDER BY rowid")]

    def hold_up(self):
        """Make the writer wait inside a unit until the returned event is set."""
        go = threading.Event()
        held = asyncio.ensure_future(self.writer.write(lambda _: go.wait(5)))
        return go, held


def insert(db, word):
    db.execute(text("INSERT INTO said VALUES (:word)"), {"word": word})
    return word.upper()


@pytest.fixture
async def bench(tmp_path):
    async with Bench(tmp_path / "w.db") as opened:
        yield opened


async def test_a_unit_is_answered_with_its_result_once_it_is_stored(bench):
    assert await bench.say("one") == "ONE"
    assert bench.stored() == ["one"]


async def test_units_that_wait_share_one_commit(bench):
    go, held = bench.hold_up()
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(bench.say(f"{n}")) for n in range(20)]
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(held, *waiting)
    assert bench.stored() == [f"{n}" for n in range(20)]
    assert bench.writer.stats.units == 21
    assert bench.writer.stats.commits <= 3
    assert bench.meter.counted["storage_commits_total"] == bench.writer.stats.commits


async def test_a_failing_unit_undoes_itself_and_hurts_no_other(bench):
    def fails(db):
        insert(db, "half done")
        raise NotFound

    results = await asyncio.gather(
        bench.say("one"), bench.writer.write(fails), bench.say("two"), return_exceptions=True
    )
    assert [type(result) for result in results] == [str, NotFound, str]
    assert bench.stored() == ["one", "two"]


async def test_a_refusal_after_half_the_work_writes_nothing_at_all(bench):
    """Not even the same pages again, which would cost an fsync."""

    def fails(db):
        insert(db, "half done")
        raise NotFound

    with contextlib.closing(sqlite3.connect(bench.path)) as watching:
        before = watching.execute("PRAGMA data_version").fetchone()
        with pytest.raises(NotFound):
            await bench.writer.write(fails)
        assert watching.execute("PRAGMA data_version").fetchone() == before
        await bench.say("one")
        assert watching.execute("PRAGMA data_version").fetchone() != before


async def test_a_broken_constraint_is_told_to_the_one_who_broke_it(bench):
    results = await asyncio.gather(
        bench.say("one"), bench.say("one"), bench.say("two"), return_exceptions=True
    )
    assert [type(result) for result in results] == [str, StorageFailed, str]
    assert bench.stored() == ["one", "two"]


async def test_items_that_wait_for_one_commit_reach_their_unit_together(bench):
    groups = []

    def unit(db, words):
        groups.append(list(words))
        return [insert(db, word) for word in words]

    go, held = bench.hold_up()
    waiting = [asyncio.ensure_future(bench.writer.write_together(unit, f"{n}")) for n in range(5)]
    await asyncio.sleep(0)
    go.set()
    await held
    assert await asyncio.gather(*waiting) == [f"{n}" for n in range(5)]
    assert [word for group in groups for word in group] == [f"{n}" for n in range(5)]
    assert len(groups) <= 2


async def test_a_group_that_fails_is_tried_again_one_by_one(bench):
    def unit(db, words):
        return [insert(db, word) for word in words]

    go, held = bench.hold_up()
    waiting = [
        asyncio.ensure_future(bench.writer.write_together(unit, word))
        for word in ("one", "\ud800", "two")
    ]
    await asyncio.sleep(0)
    go.set()
    await held
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [str, UnicodeEncodeError, str]
    assert bench.stored() == ["one", "two"]


async def test_order_is_kept_among_units_and_groups(bench):
    def unit(db, words):
        return [insert(db, word) for word in words]

    go, held = bench.hold_up()
    waiting = [
        asyncio.ensure_future(
            bench.say(f"{n}") if n % 3 == 0 else bench.writer.write_together(unit, f"{n}")
        )
        for n in range(12)
    ]
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(held, *waiting)
    assert bench.stored() == [f"{n}" for n in range(12)]


async def test_a_commit_that_fails_acknowledges_nobody_and_stores_nothing(bench):
    """A deferred foreign key is looked at by COMMIT itself, after every unit went well."""

    def fails_at_commit(db):
        db.execute(text("INSERT INTO answer VALUES ('to nothing')"))
        return "as if stored"

    await bench.writer.write(
        lambda db: db.exec_driver_sql(
            "CREATE TABLE answer (word TEXT REFERENCES said (word) DEFERRABLE INITIALLY DEFERRED)"
        )
    )
    results = await asyncio.gather(
        bench.say("one"),
        bench.writer.write(fails_at_commit),
        bench.say("two"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [StorageFailed] * 3
    assert bench.stored() == []
    again = await asyncio.gather(bench.say("one"), bench.say("two"))
    assert list(again) == ["ONE", "TWO"]
    assert bench.stored() == ["one", "two"]


async def test_a_transaction_that_the_engine_gave_up_refuses_all_that_shared_it(bench):
    def loses_the_transaction(db):
        db.exec_driver_sql("ROLLBACK")
        return "as if stored"

    results = await asyncio.gather(
        bench.say("one"),
        bench.writer.write(loses_the_transaction),
        bench.say("two"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [StorageFailed] * 3
    assert bench.stored() == []
    assert bench.writer.stats.failed_commits == 1
    assert await bench.say("one") == "ONE"


async def test_a_database_locked_by_another_process_refuses_and_recovers(bench):
    other = sqlite3.connect(bench.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageFailed):
        await bench.say("one")
    other.execute("ROLLBACK")
    other.close()
    assert await bench.say("one") == "ONE"
    assert bench.stored() == ["one"]


async def test_more_than_may_wait_is_refused_at_once(tmp_path):
    async with Bench(tmp_path / "w.db", max_waiting=3) as bench:
        go, held = bench.hold_up()
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(bench.say(f"{n}")) for n in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await bench.say("too many")
        assert bench.meter.counted["storage_refused_total"] == 1
        go.set()
        await asyncio.gather(held, *waiting)
        assert await bench.say("now") == "NOW"


async def test_a_cancelled_caller_does_not_undo_nor_disturb(bench):
    go, held = bench.hold_up()
    waiting = [asyncio.ensure_future(bench.say(f"{n}")) for n in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    go.set()
    results = await asyncio.gather(held, *waiting, return_exceptions=True)
    assert isinstance(results[2], asyncio.CancelledError)
    assert (results[1], results[3]) == ("0", "2")
    assert bench.stored() == ["0", "1", "2"]


async def test_no_commit_takes_more_than_the_batch_limit(tmp_path):
    async with Bench(tmp_path / "w.db", max_batch=4) as bench:
        await asyncio.gather(*(bench.say(f"{n}") for n in range(20)))
        assert bench.writer.stats.largest_batch <= 4
        assert len(bench.stored()) == 20


async def test_closing_commits_and_answers_what_was_accepted(tmp_path):
    bench = Bench(tmp_path / "w.db")
    async with bench:
        waiting = [asyncio.ensure_future(bench.say(f"{n}")) for n in range(5)]
        await asyncio.sleep(0)
        await bench.writer.close()
        assert await asyncio.gather(*waiting) == [f"{n}" for n in range(5)]
        with pytest.raises(StorageFailed):
            await bench.say("late")
