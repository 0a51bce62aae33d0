"""A statement for the rows of some keys, written as SQL once for each size instead of each call.

SQLAlchemy puts `IN (...)` together at each call: with its types 100 µs for one key and 1,000 for
two hundred, where SQLite needs 10 and 360. Used for what every hello and every message asks;
others need not care.

A key of several columns is written as `(a = ? AND b = ?) OR ...`: SQLite goes through all rows of
the first column for `(a, b) IN (VALUES ...)`, which took 7 µs a message in conversations of 75
events, and 220 in those of 3,400.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, and_, bindparam, or_
from sqlalchemy.engine import CursorResult, Dialect

SIZES = (1, 4, 8, 16, 32, 64, 128, 256)
"""How many keys a text takes; what is missing is filled up with the first key again."""
MOST = SIZES[-1]

Query: TypeAlias = Select[*tuple[Any, ...]] | Update


class ByKeys:
    """`query`, which has no parameters itself, where `columns` are one of at most `MOST` keys.

    With one column a key is its value, with several a tuple in their order. Values pass as the
    driver of the database takes and gives them, without SQLAlchemy's types: a boolean may come
    back as 0 or 1.
    """

    def __init__(self, query: Query, *columns: ColumnElement[Any]) -> None:
        self._query = query
        self._columns = columns
        self._texts: dict[tuple[str, int], _Text] = {}

    def rows(self, db: Connection, keys: Sequence[Any]) -> Sequence[Row[*tuple[Any, ...]]]:
        """In no order. Raises ValueError for more than `MOST` keys or none."""
        return self.run(db, keys).all()

    def run(self, db: Connection, keys: Sequence[Any]) -> CursorResult[Any]:
        """For a statement without rows. A key counts once, however often it is named.

        Raises ValueError for more than `MOST` keys or none."""
        if not 0 < len(keys) <= MOST:
            raise ValueError(f"1 to {MOST} keys at a time, not {len(keys)}")
        size = next(size for size in SIZES if size >= len(keys))
        name = (db.dialect.name, size)
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = _Text(self._query, self._columns, size, db.dialect)
        filled = (*keys, *[keys[0]] * (size - len(keys)))
        if len(self._columns) > 1:
            filled = tuple(chain.from_iterable(filled))
        return db.exec_driver_sql(text.sql, text.parameters(filled))


class _Text:
    def __init__(
        self, query: Query, columns: Sequence[ColumnElement[Any]], size: int, dialect: Dialect
    ) -> None:
        # Each key a parameter of its own: one for all would be expanded at each call.
        keys = [
            [
                bindparam(_name(row, place), type_=column.type)
                for place, column in enumerate(columns)
            ]
            for row in range(size)
        ]
        compiled = query.where(_one_of(columns, keys)).compile(dialect=dialect)
        self.sql = str(compiled)
        self._names = None if compiled.positional else [one.key for key in keys for one in key]

    def parameters(self, values: tuple[Any, ...]) -> tuple[Any, ...] | dict[str, Any]:
        return values if self._names is None else dict(zip(self._names, values, strict=True))


def _name(row: int, place: int) -> str:
    return f"key_{row}_{place}" if place else f"key_{row}"


def _one_of(
    columns: Sequence[ColumnElement[Any]], keys: Sequence[Sequence[Any]]
) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return or_(
        *(
            and_(*(column == value for column, value in zip(columns, key, strict=True)))
            for key in keys
        )
    )
