import asyncio
import threading

import pytest
from sqlalchemy import text

from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.readers import Readers
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.model.errors import NotFound, Overloaded, StorageFailed
from tests.support.steady import CountingMeter


def write(engine, statement):
    with engine.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def writing(tmp_path):
    engine = make_engine(tmp_path / "r.db", Use.WRITING, SqliteSettings(), connections=1)
    write(engine, "CREATE TABLE said (word TEXT)")
    yield engine
    engine.dispose()


@pytest.fixture
async def readers(tmp_path, writing):
    engine = make_engine(tmp_path / "r.db", Use.READING, SqliteSettings(), connections=2)
    opened = Readers(engine, CountingMeter(), threads=2, max_waiting=3)
    yield opened
    await opened.close()
    engine.dispose()


def count(db):
    return db.execute(text("SELECT count(*) FROM said")).scalar_one()


async def test_a_query_sees_every_commit_before_it(writing, readers):
    assert await readers.read(count) == 0
    write(writing, "INSERT INTO said VALUES ('one')")
    assert await readers.read(count) == 1


async def test_a_query_sees_one_snapshot_from_its_first_to_its_last_statement(writing, readers):
    began, go_on = threading.Event(), threading.Event()

    def twice(db):
        first = count(db)
        began.set()
        go_on.wait(5)
        return first, count(db)

    reading = asyncio.ensure_future(readers.read(twice))
    await asyncio.to_thread(began.wait, 5)
    write(writing, "INSERT INTO said VALUES ('meanwhile')")
    go_on.set()
    assert await reading == (0, 0)
    assert await readers.read(count) == 1


async def test_reading_cannot_write(readers):
    with pytest.raises(StorageFailed):
        await readers.read(lambda db: db.execute(text("INSERT INTO said VALUES ('x')")))


async def test_a_refusal_passes_through_and_frees_its_place(readers):
    def refuse(_):
        raise NotFound

    for _ in range(10):
        with pytest.raises(NotFound):
            await readers.read(refuse)
    assert await readers.read(count) == 0


async def test_more_than_may_wait_is_refused_at_once(readers):
    go = threading.Event()
    waiting = [asyncio.ensure_future(readers.read(lambda _: go.wait(5))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await readers.read(count)
    go.set()
    await asyncio.gather(*waiting)
    assert await readers.read(count) == 0
