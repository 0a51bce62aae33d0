"""What the statements of an append cost: their plans, since no clock may tell."""

import pytest
from sqlalchemy import text

from parlor.drivers.sql import appending
from parlor.drivers.sql.revision import bring_up_to_date
from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.settings import SqliteSettings


@pytest.fixture
def db(tmp_path):
    engine = make_engine(tmp_path / "a.db", Use.WRITING, SqliteSettings(), connections=1)
    bring_up_to_date(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


class Explaining:
    """Asks the engine how it would go about a statement instead of running it."""

    def __init__(self, db):
        self._db = db
        self.dialect = db.dialect
        self.steps: list[str] = []

    def exec_driver_sql(self, sql, parameters):
        found = self._db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
        self.steps += [row[-1] for row in found]
        return self._db.execute(text("SELECT 1 WHERE 0"))


WHOLE_KEY = "(rowid=?)"


@pytest.mark.parametrize("size", [1, 4, 64, 256])
@pytest.mark.parametrize(
    ("statement", "key", "steps"),
    [
        (
            appending._PLACES,
            (1, 2),
            {"(conversation_id=? AND user_id=?)", "(user_id=? AND conversation_id=?)", WHOLE_KEY},
        ),
        (appending._KNOWN, (1, 2, "c"), {"(conversation_id=? AND sender_id=? AND client_id=?)"}),
        (appending._HEADS, 1, {WHOLE_KEY}),
        # The newest of a conversation is the first of its key, backwards.
        (appending._ADVANCE, 1, {WHOLE_KEY, "USING PRIMARY KEY (conversation_id=?)"}),
    ],
)
def test_no_statement_of_an_append_looks_at_rows_that_it_does_not_name(
    db, size, statement, key, steps
):
    explaining = Explaining(db)
    statement.run(explaining, [key] * size)
    taken = [step for step in explaining.steps if step.startswith(("SCAN", "SEARCH"))]
    assert taken
    assert [step for step in taken if not step.endswith(tuple(steps))] == []
