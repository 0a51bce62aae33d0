from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, select
from sqlalchemy.dialects import mysql, postgresql

from parlor.drivers.sql.many_rows import MOST, ManyRows

things = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 37, MOST - 1, MOST, MOST + 1, 3 * MOST + 5])
def test_every_row_is_there_once_whatever_their_number(count):
    rows = [(number, f"n{number}") for number in range(count)]
    engine = create_engine("sqlite://")
    things.metadata.create_all(engine)
    with engine.begin() as db:
        ManyRows(things).insert(db, rows)
        assert sorted(map(tuple, db.execute(select(things)))) == rows
    engine.dispose()


class Recording:
    """A connection to another kind of database, which only notes what it is asked."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    def exec_driver_sql(self, sql, parameters):
        self.asked.append((sql, parameters))


@pytest.mark.parametrize(
    ("dialect", "marks"),
    [
        (postgresql.asyncpg.dialect(), "($1::INTEGER, $2::VARCHAR)"),
        (mysql.asyncmy.dialect(), "(%s, %s)"),
    ],
)
def test_each_engine_gets_its_own_text_and_the_values_in_order(dialect, marks):
    db: Any = Recording(dialect)
    ManyRows(things).insert(db, [(1, "a"), (2, "b"), (3, "c")])
    (two, first), (one, second) = db.asked
    assert marks in two
    assert (first, second) == ((1, "a", 2, "b"), (3, "c"))
    assert two.count("(") == one.count("(") + 1


def test_an_engine_that_wants_names_is_refused():
    db: Any = Recording(postgresql.psycopg2.dialect())
    with pytest.raises(TypeError, match="by their place"):
        ManyRows(things).insert(db, [(1, "a")])
