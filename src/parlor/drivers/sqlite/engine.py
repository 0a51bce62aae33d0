"""Connections to one SQLite file, set up the same way wherever they are opened.

pysqlite's own transaction handling is switched off: it would begin deferred transactions, and a
deferred one that turns from reading to writing fails at once while another process writes,
without waiting (SQLITE_BUSY_SNAPSHOT, https://www.sqlite.org/rescode.html#busy_snapshot).
"""

from __future__ import annotations

import sqlite3
import time
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from parlor.drivers.sqlite.settings import SqliteSettings

WAL_RETRY_S = 0.01


class Use(StrEnum):
    """What a connection is for, as the statement that begins its transactions."""

    WRITING = "BEGIN IMMEDIATE"
    READING = "BEGIN"


def make_engine(path: Path, use: Use, settings: SqliteSettings, *, connections: int) -> Engine:
    """An engine with at most `connections` connections, opened when first used.

    Connections for reading refuse every write. The file is created when it is missing.
    """

    def connect() -> sqlite3.Connection:
        link = sqlite3.connect(
            path,
            timeout=settings.busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            link.execute("PRAGMA foreign_keys = ON")
            link.execute("PRAGMA synchronous = FULL")
            link.execute("PRAGMA temp_store = MEMORY")
            link.execute(f"PRAGMA wal_autocheckpoint = {settings.checkpoint_pages}")
            link.execute("PRAGMA journal_size_limit = 67108864")
            if use is Use.READING:
                link.execute("PRAGMA query_only = ON")
            else:
                _use_wal(link, settings.busy_timeout_s)
        except sqlite3.Error:
            link.close()
            raise
        return link

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_reset_on_return="rollback",
        # What people write stays out of the text of errors.
        hide_parameters=True,
    )

    # One statement for many rows: a statement a row gives up the interpreter's lock each time.
    engine.dialect.use_insertmanyvalues_wo_returning = True

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(use.value)

    return engine


def _use_wal(link: sqlite3.Connection, limit_s: float) -> None:
    """SQLite does not wait by itself here: while another process changes the mode of a new file,
    or makes its tables before that, it says at once that the file is busy."""
    ends_at = time.monotonic() + limit_s
    while True:
        try:
            link.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= ends_at:
                raise
            time.sleep(WAL_RETRY_S)
        else:
            return
