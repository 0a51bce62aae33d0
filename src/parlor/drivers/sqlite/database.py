"""The embedded database as boot opens it: a file, made or migrated, its writer and its readers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from parlor.drivers.sql.accepted import WriterStats
from parlor.drivers.sql.database import CannotOpen
from parlor.drivers.sql.revision import HEAD, bring_up_to_date, stored_revision
from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.readers import Readers
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.drivers.sqlite.writer import Writer
from parlor.model.errors import ParlorError
from parlor.ports.meter import Meter

T = TypeVar("T")
Item = TypeVar("Item")


class SqliteDatabase:
    """Satisfies `drivers.sql.database.OpenDatabase`. Made by `open_database`."""

    def __init__(self, writer: Writer, readers: Readers, *, made_tables: bool) -> None:
        self.made_tables = made_tables
        self._writer = writer
        self._readers = readers

    async def write(self, unit: Callable[[Connection], T]) -> T:
        return await self._writer.write(unit)

    async def write_together(
        self,
        unit: Callable[[Connection, Sequence[Item]], Sequence[T | ParlorError]],
        item: Item,
        *,
        order: Hashable = None,
    ) -> T:
        # One writer stores everything in the order of the calls.
        return await self._writer.write_together(unit, item)

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._readers.read(query)

    @property
    def reads(self) -> int:
        """Queries beside the writer since the start."""
        return self._readers.queries

    @property
    def waiting_writes(self) -> int:
        return self._writer.waiting

    @property
    def waiting_reads(self) -> int:
        return self._readers.waiting

    @property
    def stats(self) -> WriterStats:
        return self._writer.stats


@asynccontextmanager
async def open_database(
    path: Path, settings: SqliteSettings, meter: Meter
) -> AsyncIterator[SqliteDatabase]:
    """Open the file at `path`, after making it (readable by its owner alone) or migrating it.

    On leaving, what was accepted is committed and answered first. Several processes may open
    the same file; the first one migrates. Raises CannotOpen, or its kind DatabaseTooNew.
    """
    writing = make_engine(path, Use.WRITING, settings, connections=1)
    reading = make_engine(path, Use.READING, settings, connections=settings.readers)

    made_tables = await asyncio.to_thread(_prepare, writing, path) is None
    writer = Writer(
        writing, meter, max_waiting=settings.max_waiting_writes, max_batch=settings.max_batch
    )
    readers = Readers(
        reading, meter, threads=settings.readers, max_waiting=settings.max_waiting_reads
    )
    switch_s = sys.getswitchinterval()
    sys.setswitchinterval(settings.thread_switch_s)
    writer.start()
    try:
        yield SqliteDatabase(writer, readers, made_tables=made_tables)
    finally:
        await readers.close()
        await writer.close()
        sys.setswitchinterval(switch_s)
        reading.dispose()
        writing.dispose()


def migrate_file(path: Path, settings: SqliteSettings) -> tuple[str | None, str]:
    """Make or migrate the file; (its revision before, its revision now). Raises CannotOpen."""
    engine = make_engine(path, Use.WRITING, settings, connections=1)
    try:
        return _prepare(engine, path), HEAD
    finally:
        engine.dispose()


def _prepare(engine: Engine, path: Path) -> str | None:
    _make_private_file(path)
    try:
        with engine.begin() as connection:
            before = stored_revision(connection)
            bring_up_to_date(connection)
            return before
    except DBAPIError as error:
        raise CannotOpen(f"cannot use the database {path}: {error.orig}") from error


def _make_private_file(path: Path) -> None:
    """SQLite gives its `-wal` and `-shm` files the mode of the file itself."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise CannotOpen(f"cannot use the database {path}: {error.strerror}") from error
