import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.dialects import mysql, postgresql, sqlite

from parlor.drivers.sql.at_places import MOST, SIZES, AtPlaces
from tests.support.statements import counted_statements

numbers = Table("numbers", MetaData(), Column("kind", Integer), Column("n", Integer))


def ranges() -> AtPlaces:
    def query(parameter):
        return select(numbers.c.kind, numbers.c.n).where(
            numbers.c.kind == parameter("kind"),
            numbers.c.n > parameter("after"),
            numbers.c.n <= parameter("upto"),
        )

    return AtPlaces(query, ("kind", "after", "upto"), (-1, 0, 0))


@pytest.fixture(scope="module")
def link():
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        numbers.create(opened)
        opened.execute(insert(numbers), [{"kind": k, "n": n} for k in range(5) for n in range(20)])
        yield opened


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-2, 22), st.integers(-2, 22)), max_size=9))
def test_every_place_gives_its_rows(places):
    engine = create_engine("sqlite://")
    with engine.connect() as link:
        numbers.create(link)
        link.execute(insert(numbers), [{"kind": k, "n": n} for k in range(5) for n in range(20)])
        found = sorted(tuple(row) for row in ranges().rows(link, places))
    wanted = sorted(
        (kind, n)
        for kind, after, upto in places
        if kind < 5
        for n in range(20)
        if after < n <= upto
    )
    assert found == wanted


@pytest.mark.parametrize("count", [0, 1, *SIZES, MOST + 1, 3 * MOST])
def test_many_places_are_few_statements(link, count):
    with counted_statements() as seen:
        found = ranges().rows(link, [(1, 4, 5)] * count)
    assert len(found) == count
    assert len(seen) == -(-count // MOST)


def test_the_text_of_a_size_is_written_once(link):
    at = ranges()
    with counted_statements() as seen:
        for _ in range(3):
            at.rows(link, [(1, 4, 5), (2, 4, 5)])
    assert len(set(seen)) == 1


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql])
def test_each_parameter_has_a_place_of_its_own_in_every_dialect(dialect):
    text = ranges()._text(dialect.dialect(), 4)
    parameters = text.parameters([(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)])
    values = list(parameters.values()) if isinstance(parameters, dict) else list(parameters)
    assert sorted(values) == list(range(1, 13))
