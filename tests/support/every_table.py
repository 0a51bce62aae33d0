"""Rows for every table there is, so that new tables are in the tests of copying by themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    Integer,
    LargeBinary,
    Table,
    insert,
    select,
)

from parlor.drivers.sql.copying import copied_tables
from parlor.drivers.sql.schema import metadata
from parlor.drivers.sql.tables import mail_pushes

ROWS = 7
MANY = 1_203
"""Bodies: more than one INSERT takes, and not a round number."""


def fill_every_table(db: Connection) -> None:
    """A few rows each, with conversations whose logs have no gap: one event each."""
    for table in metadata.sorted_tables:
        parents = {
            column.name: list(db.execute(select(key.column).order_by(key.column)).scalars())
            for column in table.columns
            for key in column.foreign_keys
        }
        db.execute(insert(table), [_row(table, parents, n) for n in range(ROWS)])
    bodies = [{"push_id": f"push {n}", "push": bytes([n % 256]) * n} for n in range(MANY)]
    db.execute(insert(mail_pushes), bodies)


def every_row(db: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Of the tables that are copied."""
    return {
        table.name: sorted(
            (tuple(row) for row in db.execute(select(table))), key=lambda row: repr(row)
        )
        for table in copied_tables()
    }


def _row(table: Table, parents: dict[str, list[Any]], n: int) -> dict[str, Any]:
    return {
        column.name: parents[column.name][n] if column.name in parents else _value(column, n)
        for column in table.columns
    }


def _value(column: Column[Any], n: int) -> Any:
    if column.name in ("seq", "first_seq", "last_seq"):
        # What was before is not kept any more: nobody can replay what these rows say.
        return 2
    if column.nullable and n % 2:
        return None
    if isinstance(column.type, Boolean):
        return bool(n % 2)
    if isinstance(column.type, Double):
        return 1_700_000_000 + n / 8
    if isinstance(column.type, Integer):
        return 2**30 + n
    if isinstance(column.type, LargeBinary):
        return bytes([n, 0, 255, 0x27, 0x5C]) * 6
    return f"{n} '\\%ß字👋"
