"""A query for the rows of some keys, written as SQL once for each size instead of at each call.

SQLAlchemy puts `IN (...)` together at each call: with its types 100 µs for one key and 1,000 for
two hundred, where SQLite needs 10 and 360. Used for what every hello asks; others need not care.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam
from sqlalchemy.engine import Dialect

SIZES = (1, 4, 16, 64, 256)
"""How many keys a text takes; what is missing is filled up with the first key again."""
MOST = SIZES[-1]


class ByKeys:
    """`query`, which has no parameters itself, where `column` is one of at most `MOST` keys.

    Values pass as the driver of the database takes and gives them, without SQLAlchemy's types:
    a boolean may come back as 0 or 1.
    """

    def __init__(self, query: Select[*tuple[Any, ...]], column: ColumnElement[Any]) -> None:
        self._query = query
        self._column = column
        self._texts: dict[tuple[str, int], _Text] = {}

    def rows(self, db: Connection, keys: Sequence[Any]) -> Sequence[Row[*tuple[Any, ...]]]:
        """In no order. Raises ValueError for more than `MOST` keys or none."""
        if not 0 < len(keys) <= MOST:
            raise ValueError(f"1 to {MOST} keys at a time, not {len(keys)}")
        size = next(size for size in SIZES if size >= len(keys))
        name = (db.dialect.name, size)
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = _Text(self._query, self._column, size, db.dialect)
        filled = (*keys, *[keys[0]] * (size - len(keys)))
        return db.exec_driver_sql(text.sql, text.parameters(filled)).all()


class _Text:
    def __init__(
        self,
        query: Select[*tuple[Any, ...]],
        column: ColumnElement[Any],
        size: int,
        dialect: Dialect,
    ) -> None:
        names = [f"key_{number}" for number in range(size)]
        # Each key a parameter of its own: one for all would be expanded at each call.
        one_of = column.in_([bindparam(name, type_=column.type) for name in names])
        compiled = query.where(one_of).compile(dialect=dialect)
        self.sql = str(compiled)
        self._names = None if compiled.positional else names

    def parameters(self, keys: tuple[Any, ...]) -> tuple[Any, ...] | dict[str, Any]:
        return keys if self._names is None else dict(zip(self._names, keys, strict=True))
