"""Opening a database behind a server, of the right revision, or one line that says why not.

An empty database gets its tables. One of an older program is left alone: other processes may be
serving from it, so the operator says when (`parlor migrate`, which is `migrate` here).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from parlor.drivers.sql.database import CannotOpen, MustMigrate
from parlor.drivers.sql.networked import Engines, NetworkedDatabase, Server
from parlor.drivers.sql.revision import HEAD, bring_up_to_date, make_tables, stored_revision
from parlor.drivers.sql.settings import StorageSettings
from parlor.ports.meter import Meter

T = TypeVar("T")


@asynccontextmanager
async def open_networked(
    engines: Engines, server: Server, settings: StorageSettings, meter: Meter
) -> AsyncIterator[NetworkedDatabase]:
    """On leaving, what was accepted is stored and answered first.

    Raises CannotOpen, or its kinds DatabaseTooNew and MustMigrate.
    """
    try:
        made = await _prepared(engines.together, server, lambda db: _check(db, server))
        database = NetworkedDatabase(engines, server, settings, meter, made_tables=made)
    except BaseException:
        await engines.dispose()
        raise
    try:
        yield database
    finally:
        await database.close()


async def migrate(engines: Engines, server: Server) -> tuple[str | None, str]:
    """Bring it to the revision of this program; returns (what it was, what it is).

    Raises CannotOpen, or its kind DatabaseTooNew.
    """

    def work(connection: Connection) -> str | None:
        with server.migrating(connection):
            before = stored_revision(connection)
            bring_up_to_date(connection)
        return before

    try:
        return await _prepared(engines.together, server, work), HEAD
    finally:
        await engines.dispose()


def _check(connection: Connection, server: Server) -> bool:
    """Whether it was empty; then it has tables now."""
    stored = stored_revision(connection)
    if stored is None:
        with server.migrating(connection):
            # Another process may have been first.
            stored = stored_revision(connection)
            if stored is None:
                make_tables(connection)
                return True
    if stored != HEAD:
        raise MustMigrate(
            f"the database has revision {stored} and this program needs {HEAD}: "
            "back it up, stop the servers that use it, then run `parlor migrate`"
        )
    return False


async def _prepared(engine: AsyncEngine, server: Server, work: Callable[[Connection], T]) -> T:
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except CannotOpen:
        raise
    except Exception as error:
        # Each driver raises its own kinds while it connects.
        raise CannotOpen(server.explain(error)) from error
