"""What a unit holds until its commit, so that another process decides after it and not beside it.

For `write_together`, whose transactions see what others commit meanwhile: lock first, then read
in a later statement, and the rows cannot change before the commit. Where the rows do not exist
yet, a unique key is the last line: who comes second is run again and finds them. SQLite has one
writer at a time, so there nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, bindparam, select

from parlor.drivers.sql.tables import conversations

_CONVERSATIONS = (
    select(conversations.c.id)
    .where(conversations.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(conversations.c.id)
    .with_for_update()
)
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)))
_TURN = select(_VERSION.c.version_num).with_for_update()


def has_one_writer(db: Connection) -> bool:
    return db.dialect.name == "sqlite"


def lock_conversations(db: Connection, ids: Iterable[int]) -> None:
    """In the order of their ids, so that two who want the same ones never wait for each other."""
    if not has_one_writer(db):
        db.execute(_CONVERSATIONS, {"ids": sorted(set(ids))})


def lock_rows(db: Connection, column: Column[Any], values: Iterable[Any]) -> None:
    """The rows whose `column`, a key, is one of `values`."""
    if not has_one_writer(db):
        wanted = select(column).where(column.in_(sorted(set(values)))).order_by(column)
        db.execute(wanted.with_for_update()).all()


def in_turn(db: Connection) -> None:
    """One at a time over all processes, for what must become visible in the order it is numbered.

    For rare writes only: everybody who calls this waits for each other.
    """
    if not has_one_writer(db):
        db.execute(_TURN).all()
