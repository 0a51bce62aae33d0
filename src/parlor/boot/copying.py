"""Backing up, restoring and moving: one database copied into another, checked, then committed.

A backup is a SQLite file with Parlor's tables, whatever database it is of: it can be restored to
any. It is taken from one snapshot, so a server may go on; a move asks for the server to be
stopped, since what it would store meanwhile would stay behind.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from parlor.boot.config import Config
from parlor.boot.folder import open_folder, owning
from parlor.boot.replayed import check_replay
from parlor.boot.secrets import load_secrets
from parlor.boot.settings import ServerSettings
from parlor.boot.storage import DATABASE_FILE
from parlor.drivers.sql.copying import Told, copy
from parlor.drivers.sql.database import CannotOpen
from parlor.drivers.sql.reasons import without_password
from parlor.drivers.sql.settings import EMBEDDED, StorageSettings
from parlor.drivers.sqlite.copying import (
    check_absent,
    copied_file,
    copy_of_backup,
    keep_as,
    opened_file,
    remove_file,
)
from parlor.drivers.sqlite.settings import SqliteSettings

_NO_LIMIT_S = 7 * 86_400.0
"""One transaction holds the whole copy."""


async def back_up(config: Config, file: Path, tell: Told) -> Mapping[str, int]:
    """Write everything into `file`, which must not exist. Returns rows by table.

    Raises FolderError, CannotOpen.
    """
    check_absent(file)
    draft = file.with_name(file.name + ".part")
    sqlite = config.section("sqlite", SqliteSettings)
    try:
        settings = config.section("storage", StorageSettings)
        if settings.is_embedded:
            found = await asyncio.to_thread(copied_file, _file(config), draft, sqlite, check_replay)
        else:
            async with _server(settings, is_target=False) as source:
                with opened_file(draft, sqlite, is_target=True) as target:
                    found = await copy(source, target, tell, check_replay, _nothing)
        keep_as(draft, file)
    finally:
        remove_file(draft)
    return found


async def restore(config: Config, file: Path, tell: Told) -> Mapping[str, int]:
    """Put a backup into the database of the settings, which must be empty. Rows by table.

    Clients forget what they know of the history that was there. Raises FolderError, CannotOpen.
    """
    sqlite = config.section("sqlite", SqliteSettings)
    wanted = config.section("storage", StorageSettings)
    folder = _folder(config)

    def forget() -> None:
        # Before the commit: no crash may leave this history under the name of an earlier one.
        load_secrets(folder, new_history=True)

    with (
        owning(folder),
        tempfile.TemporaryDirectory(dir=folder) as own,
        opened_file(copy_of_backup(file, Path(own)), sqlite, is_target=False) as source,
    ):
        return await _into(config, wanted, source, tell, forget)


async def move(config: Config, url: str, tell: Told) -> Mapping[str, int]:
    """Copy the database of the settings into an empty one at `url` (`sqlite`: the data folder's).

    The source stays as it is. Rows by table. Raises FolderError, CannotOpen, ValueError.
    """
    settings = config.section("storage", StorageSettings)
    wanted = msgspec.structs.replace(settings, url=url)
    wanted.__post_init__()
    if wanted.url == settings.url:
        raise CannotOpen("that is the database in use already")
    with owning(_folder(config)):
        if settings.is_embedded:
            sqlite = config.section("sqlite", SqliteSettings)
            with opened_file(_existing_file(config), sqlite, is_target=False) as source:
                return await _into(config, wanted, source, tell, _nothing)
        async with _server(settings, is_target=False) as source:
            return await _into(config, wanted, source, tell, _nothing)


def _nothing() -> None:
    """Nothing is left to be done before the commit."""


async def _into(
    config: Config,
    wanted: StorageSettings,
    source: Connection,
    tell: Told,
    ready: Callable[[], None],
) -> Mapping[str, int]:
    if wanted.url == EMBEDDED:
        sqlite = config.section("sqlite", SqliteSettings)
        with opened_file(_file(config), sqlite, is_target=True) as target:
            return await copy(source, target, tell, check_replay, ready)
    async with _server(wanted, is_target=True) as target:
        return await copy(source, target, tell, check_replay, ready)


def _server(
    settings: StorageSettings, *, is_target: bool
) -> AbstractAsyncContextManager[Connection]:
    patient = msgspec.structs.replace(settings, statement_timeout_s=_NO_LIMIT_S)
    if settings.url.startswith("postgresql:"):
        from parlor.drivers.postgres.database import connected as connected_postgres

        return connected_postgres(patient, is_target=is_target)
    from parlor.drivers.mysql.database import connected as connected_mysql

    return connected_mysql(patient, is_target=is_target)


def _folder(config: Config) -> Path:
    return open_folder(Path(config.section("server", ServerSettings).data))


def _file(config: Config) -> Path:
    return _folder(config) / DATABASE_FILE


def _existing_file(config: Config) -> Path:
    file = _file(config)
    if not file.exists():
        raise CannotOpen(f"there is no database {file}")
    return file


def shown(config: Config, url: str) -> str:
    """`url` as it may be printed. Raises ValueError for one that cannot be one."""
    settings = msgspec.structs.replace(config.section("storage", StorageSettings), url=url)
    settings.__post_init__()
    return url if settings.is_embedded else without_password(url)
