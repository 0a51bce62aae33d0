"""An INSERT of many rows, written as SQL once for each size instead of at each call.

One statement for all rows of a commit: a statement a row gives up the interpreter's lock each
time, which a busy event loop is slow to hand back. Used for what every message writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, insert
from sqlalchemy.engine import Dialect

MOST = 128
"""Rows in one statement. More are several statements, each half as long as the last at most:
a row cannot be filled up like a key."""


class ManyRows:
    """Rows are sequences of values in the order of the table's columns.

    Values pass as the driver of the database takes them, without SQLAlchemy's types.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._texts: dict[tuple[str, int], str] = {}

    def insert(self, db: Connection, rows: Sequence[Sequence[Any]]) -> None:
        done = 0
        while done < len(rows):
            left = len(rows) - done
            size = MOST if left >= MOST else 1 << (left.bit_length() - 1)
            values = tuple(chain.from_iterable(rows[done : done + size]))
            db.exec_driver_sql(self._text(db.dialect, size), values)
            done += size

    def _text(self, dialect: Dialect, size: int) -> str:
        name = (dialect.name, size)
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = _compiled(self._table, size, dialect)
        return text


def _compiled(table: Table, size: int, dialect: Dialect) -> str:
    columns: Sequence[Column[Any]] = tuple(table.columns)
    rows = [
        {column.name: bindparam(f"{column.name}_{row}", type_=column.type) for column in columns}
        for row in range(size)
    ]
    compiled = insert(table).values(rows).compile(dialect=dialect)
    if not compiled.positional:
        raise TypeError(f"{dialect.name} does not take parameters by their place")
    return str(compiled)
