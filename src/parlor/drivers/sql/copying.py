"""Every table of one database into another, row by row, whatever engines they are.

Used by the commands that back up, restore and move. The caller has a connection to each, in a
transaction; the target's is committed by the caller when everything has been checked. New tables
are copied without a change here: `schema.metadata` knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Table, func, insert, select, text
from sqlalchemy.util import greenlet_spawn

from parlor.drivers.sql.database import CannotOpen
from parlor.drivers.sql.revision import HEAD, make_tables, stored_revision
from parlor.drivers.sql.schema import metadata
from parlor.drivers.sql.tables import conversations, events

ROWS = 500
"""Rows of one INSERT: mostly some 100 kB, and at most what 500 bodies are."""
NAMED = 5
"""Conversations that a refusal names."""

Told = Callable[[str, int, int], None]
"""Is told a table, how many of its rows are copied, and how many there are."""


Check = Callable[[Connection], None]
"""Looks at a copy before it counts; raises NotSound."""


class NotSound(CannotOpen):
    """What was copied contradicts itself: the source is damaged, and the target got nothing."""


def prepare_target(db: Connection) -> None:
    """Tables, if there are none. Raises CannotOpen when something is in it already."""
    stored = stored_revision(db)
    if stored is None:
        make_tables(db)
        return
    if stored != HEAD:
        raise CannotOpen(f"the target has the tables of another Parlor: revision {stored}")
    full = [table.name for table in metadata.sorted_tables if _is_full(db, table)]
    if full:
        raise CannotOpen(f"the target is not empty: it has rows in {', '.join(full)}")


def copy_all(source: Connection, target: Connection, tell: Told, check: Check) -> Mapping[str, int]:
    """How many rows each table has now. The target is empty and has tables; raises NotSound."""
    stored = stored_revision(source)
    if stored != HEAD:
        raise CannotOpen(
            f"the database to copy has revision {stored or 'nothing'} and this program needs "
            f"{HEAD}: run `parlor migrate` on it"
        )
    expected = counts(source)
    for table in copied_tables():
        done = 0
        tell(table.name, 0, expected[table.name])
        for rows in _pieces(source, table):
            target.execute(insert(table), rows)
            done += len(rows)
            tell(table.name, done, expected[table.name])
        _continue_numbers(target, table)
    found = counts(target)
    for name, count in expected.items():
        if found[name] != count:
            raise NotSound(f"{name}: {count} rows were read and {found[name]} arrived")
    check_logs(target)
    check(target)
    return found


async def copy(
    source: Connection, target: Connection, tell: Told, check: Check, ready: Callable[[], object]
) -> Mapping[str, int]:
    """As `copy_all`, and commit, for connections of any engine: those of servers wait inside.

    `ready` is called last before the commit: when it raises, the target got nothing.
    """

    def work() -> Mapping[str, int]:
        found = copy_all(source, target, tell, check)
        ready()
        target.commit()
        return found

    return await greenlet_spawn(work)


def counts(db: Connection) -> Mapping[str, int]:
    """Rows of every table that is copied."""
    return {
        table.name: db.execute(select(func.count()).select_from(table)).scalar_one()
        for table in copied_tables()
    }


def copied_tables() -> list[Table]:
    """Not those that are made of others, such as the index of what was said: a server makes them
    anew."""
    return [table for table in metadata.sorted_tables if not table.info.get("derived")]


def check_logs(db: Connection) -> None:
    """Each conversation's log goes from its `first_seq`, before which retention has removed what
    there was, to its `last_seq` without a gap. Raises NotSound."""
    first, last = conversations.c.first_seq, conversations.c.last_seq
    rows = func.count(events.c.seq)
    broken = (
        select(conversations.c.id)
        .select_from(conversations.outerjoin(events))
        .group_by(conversations.c.id, first, last)
        .having(
            (rows != last - first + 1)
            | (func.coalesce(func.min(events.c.seq), first) != first)
            | (func.coalesce(func.max(events.c.seq), last) != last)
        )
        .order_by(conversations.c.id)
    )
    found = [str(number) for number in db.execute(broken.limit(NAMED)).scalars()]
    if found:
        raise NotSound(f"the logs of these conversations have gaps: {', '.join(found)}")


def _is_full(db: Connection, table: Table) -> bool:
    return db.execute(select(*table.primary_key).limit(1)).first() is not None


def _pieces(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """In the order of the key, as the target likes them best. Never all of them in memory."""
    wanted = select(table).order_by(*table.primary_key)
    found = source.execute(wanted, execution_options={"yield_per": ROWS})
    for piece in found.mappings().partitions(ROWS):
        yield [dict(row) for row in piece]


def _continue_numbers(target: Connection, table: Table) -> None:
    """PostgreSQL counts in a sequence of its own, which inserted numbers do not move."""
    column: Column[Any] | None = table.autoincrement_column
    if column is None or target.dialect.name != "postgresql":
        return
    highest = target.execute(select(func.max(column))).scalar()
    if highest is not None:
        target.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)"),
            {"table": table.name, "column": column.name, "highest": highest},
        )
