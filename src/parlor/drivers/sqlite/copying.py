"""A SQLite file as the source or the target of a copy, and the quickest copy of one.

Used by the commands that back up, restore and move; no server runs on these connections.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from parlor.drivers.sql.copying import Check, check_logs, counts, prepare_target
from parlor.drivers.sql.database import CannotOpen
from parlor.drivers.sql.revision import bring_up_to_date, stored_revision
from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.settings import SqliteSettings

_HEADER = b"SQLite format 3\0"


@contextmanager
def opened_file(path: Path, settings: SqliteSettings, *, is_target: bool) -> Iterator[Connection]:
    """A target is made if need be, and must be empty; a source is migrated if it is old.

    The caller commits. Raises CannotOpen, or its kind DatabaseTooNew.
    """
    if is_target:
        _make(path)
    writing = make_engine(path, Use.WRITING, settings, connections=1)
    reading = make_engine(path, Use.READING, settings, connections=1)
    try:
        with writing.begin() as connection:
            if is_target:
                prepare_target(connection)
            elif stored_revision(connection) is None:
                raise CannotOpen(f"{path} is not a database of Parlor")
            else:
                bring_up_to_date(connection)
        with (writing if is_target else reading).connect() as connection:
            yield connection
    except DBAPIError as error:
        raise CannotOpen(f"cannot use {path}: {error.orig}") from error
    finally:
        reading.dispose()
        writing.dispose()


def copied_file(
    path: Path, copy: Path, settings: SqliteSettings, check: Check
) -> Mapping[str, int]:
    """Page by page while others read and write: https://www.sqlite.org/backup.html.

    Returns rows by table. Raises CannotOpen, or NotSound for logs with gaps and what `check` says.
    """
    if not path.exists():
        raise CannotOpen(f"there is no database {path}")
    try:
        _make(copy)
        source = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=settings.busy_timeout_s)
        with contextlib.closing(source), contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise CannotOpen(f"cannot copy the database {path}: {error}") from error
    with opened_file(copy, settings, is_target=False) as connection:
        check_logs(connection)
        check(connection)
        return counts(connection)


def check_absent(path: Path) -> None:
    if path.exists():
        raise CannotOpen(f"{path} exists already; a backup overwrites nothing")


def copy_of_backup(file: Path, folder: Path) -> Path:
    """Opening may migrate it, and the backup itself stays as it is. Raises CannotOpen."""
    copy = folder / "backup.db"
    try:
        with file.open("rb") as opened:
            is_database = opened.read(len(_HEADER)) == _HEADER
        shutil.copyfile(file, copy)
    except OSError as error:
        raise CannotOpen(f"cannot read {file}: {error.strerror}") from error
    if not is_database:
        raise CannotOpen(f"{file} was not made by parlor backup")
    return copy


def keep_as(draft: Path, path: Path) -> None:
    """One file in place of `draft`, that can be read where nothing can be written beside it."""
    try:
        with contextlib.closing(sqlite3.connect(draft)) as link:
            link.execute("PRAGMA journal_mode = DELETE")
        draft.replace(path)
    except (sqlite3.Error, OSError) as error:
        raise CannotOpen(f"cannot write {path}: {error}") from error


def remove_file(path: Path) -> None:
    """With what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _make(path: Path) -> None:
    """For its owner alone: SQLite gives what it keeps beside it the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise CannotOpen(f"cannot use {path}: {error.strerror}") from error
