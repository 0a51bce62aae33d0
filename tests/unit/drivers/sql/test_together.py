import asyncio

import pytest

from parlor.drivers.sql.together import ReadTogether
from parlor.model.errors import StorageFailed
from tests.support.virtual_time import run_virtual

WINDOW_S = 0.002


class OneDatabase:
    """Reads as they come; `failure`, once set, is raised instead. Nothing is ever written."""

    def __init__(self):
        self.reads = 0
        self.failure = None

    async def read(self, query):
        self.reads += 1
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return query(None)

    async def write(self, unit):
        raise AssertionError

    async def write_together(self, unit, item):
        raise AssertionError


@pytest.fixture
def database():
    return OneDatabase()


def upper(_, keys):
    return {key: key.upper() for key in keys if key != "nobody"}


@pytest.fixture
def together(database):
    return ReadTogether(database, upper, most=3, window_s=0.0)


async def test_those_who_ask_in_one_turn_share_a_query(together, database):
    asked = ["a", "b", "nobody", "a", "a"]
    found = await asyncio.gather(*(together.get(key) for key in asked))
    assert found == ["A", "B", None, "A", "A"]
    assert database.reads == 1


async def test_a_query_has_so_many_keys_at_most(together, database):
    asked = [f"k{number}" for number in range(10)]
    found = await asyncio.gather(*(together.get(key) for key in asked))
    assert found == [key.upper() for key in asked]
    assert database.reads == 4


async def test_what_is_asked_later_is_looked_up_anew(together, database):
    assert [await together.get("a"), await together.get("a")] == ["A", "A"]
    assert database.reads == 2


async def test_a_failure_reaches_everybody_who_asked_and_nobody_later(together, database):
    database.failure = StorageFailed()
    outcomes = await asyncio.gather(*(together.get(key) for key in "ab"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageFailed, StorageFailed]
    database.failure = None
    assert await together.get("a") == "A"


async def test_one_who_leaves_takes_nothing_from_the_others(together):
    leaving, staying = (asyncio.ensure_future(together.get("a")) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "A"


def test_whoever_asks_first_waits_for_nobody_and_the_next_within_the_window_share_a_query(database):
    async def rush():
        loop = asyncio.get_running_loop()
        together = ReadTogether(database, upper, most=10, window_s=WINDOW_S)
        began = loop.time()
        assert await together.get("first") == "FIRST"
        assert (database.reads, loop.time()) == (1, began)
        others = [asyncio.ensure_future(together.get("second"))]
        await asyncio.sleep(WINDOW_S / 2)
        others.append(asyncio.ensure_future(together.get("third")))
        assert await asyncio.gather(*others) == ["SECOND", "THIRD"]
        assert database.reads == 2
        assert loop.time() == pytest.approx(began + WINDOW_S)
        await asyncio.sleep(WINDOW_S)
        later = loop.time()
        assert await together.get("later") == "LATER"
        assert (database.reads, loop.time()) == (3, later)

    run_virtual(rush())


def test_who_asks_while_a_query_runs_gets_the_answer_of_the_next(database):
    async def ask():
        waiting = asyncio.Event()
        answers = []

        async def read(query):
            answers.append(query(None))
            await waiting.wait()
            return answers[-1]

        database.read = read
        together = ReadTogether(database, upper, most=10, window_s=0.0)
        first = asyncio.ensure_future(together.get("a"))
        await asyncio.sleep(WINDOW_S)
        # The same key: what was written since the first query must be seen.
        second = asyncio.ensure_future(together.get("a"))
        await asyncio.sleep(WINDOW_S)
        assert len(answers) == 1
        waiting.set()
        assert [await first, await second] == ["A", "A"]
        assert len(answers) == 2

    run_virtual(ask())
