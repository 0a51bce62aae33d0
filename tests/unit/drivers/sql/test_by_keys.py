from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from parlor.drivers.sql.by_keys import MOST, SIZES, ByKeys

things = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("hash", LargeBinary, unique=True),
    Column("name", Text),
)
NAMED = ByKeys(select(things.c.hash, things.c.name), things.c.hash)


def hash_of(number):
    return number.to_bytes(32, "big")


@pytest.fixture
def db():
    engine = create_engine("sqlite://")
    things.metadata.create_all(engine)
    with engine.connect() as connection:
        rows = [{"hash": hash_of(number), "name": f"n{number}"} for number in range(MOST)]
        connection.execute(things.insert(), rows)
        yield connection
    engine.dispose()


@pytest.mark.parametrize("count", [1, 2, *SIZES[1:], MOST - 1])
def test_each_key_finds_its_row_once(db, count):
    found = NAMED.rows(db, [hash_of(number) for number in range(count)])
    assert sorted(map(tuple, found)) == [(hash_of(n), f"n{n}") for n in range(count)]


def test_a_key_that_nothing_has_finds_nothing(db):
    assert NAMED.rows(db, [b"nobody"]) == []
    assert [row.name for row in NAMED.rows(db, [b"nobody", hash_of(7), b"neither"])] == ["n7"]


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_no_keys_and_too_many_are_a_fault_of_the_caller(db, count):
    with pytest.raises(ValueError, match=str(count)):
        NAMED.rows(db, [b"x"] * count)


class Recording:
    """A connection to another kind of database, which only notes what it is asked."""

    dialect = postgresql.dialect()

    def exec_driver_sql(self, sql, parameters):
        self.asked = (sql, parameters)
        return self

    def all(self):
        return []


def test_a_dialect_with_named_parameters_gets_names():
    db: Any = Recording()
    NAMED.rows(db, [b"a", b"b"])
    sql, parameters = db.asked
    assert "IN (%(key_0)s, %(key_1)s, %(key_2)s, %(key_3)s)" in sql
    assert parameters == {"key_0": b"a", "key_1": b"b", "key_2": b"a", "key_3": b"a"}


def test_a_key_of_several_columns_finds_the_row_that_has_them_all(db):
    both = ByKeys(select(things.c.id), things.c.hash, things.c.name)
    keys = [(hash_of(3), "n3"), (hash_of(4), "n5"), (hash_of(6), "n6")]
    found = sorted(db.execute(select(things.c.id).where(things.c.name.in_(["n3", "n6"]))).all())
    assert sorted(both.rows(db, keys)) == found
    assert both.rows(db, [(hash_of(4), "n5")]) == []


def test_the_most_keys_of_several_columns_are_within_what_the_parser_takes(db):
    both = ByKeys(select(things.c.name), things.c.hash, things.c.name)
    keys = [(hash_of(number), f"n{number}") for number in range(MOST)]
    assert len(both.rows(db, keys)) == MOST


def test_a_change_reaches_the_rows_of_its_keys_and_no_other(db):
    rename = ByKeys(update(things).values(name=literal_column("'new'")), things.c.hash)
    rename.run(db, [hash_of(1), hash_of(2)])
    named = select(things.c.hash).where(things.c.name == "new")
    assert sorted(db.scalars(named)) == [hash_of(1), hash_of(2)]
