"""Every kind of database, opened for a test; the contract suites run against each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from parlor.drivers.mysql.database import open_database as open_mysql
from parlor.drivers.postgres.database import open_database as open_postgres
from parlor.drivers.sql.database import OpenDatabase
from parlor.drivers.sql.settings import StorageSettings
from parlor.drivers.sqlite.database import open_database as open_sqlite
from parlor.drivers.sqlite.settings import SqliteSettings
from tests.support.mariadb import mariadb_url
from tests.support.postgres import postgres_url
from tests.support.steady import CountingMeter


@asynccontextmanager
async def opened_sqlite(folder: Path) -> AsyncIterator[OpenDatabase]:
    async with open_sqlite(folder / "parlor.db", SqliteSettings(), CountingMeter()) as database:
        yield database


@asynccontextmanager
async def opened_postgres(folder: Path, **settings: Any) -> AsyncIterator[OpenDatabase]:
    async with (
        postgres_url() as url,
        open_postgres(StorageSettings(url=url, **settings), CountingMeter()) as database,
    ):
        yield database


@asynccontextmanager
async def opened_mariadb(folder: Path, **settings: Any) -> AsyncIterator[OpenDatabase]:
    async with (
        mariadb_url() as url,
        open_mysql(StorageSettings(url=url, **settings), CountingMeter()) as database,
    ):
        yield database


DATABASES: dict[str, Callable[[Path], AbstractAsyncContextManager[OpenDatabase]]] = {
    "sqlite": opened_sqlite,
    "postgres": opened_postgres,
    "mariadb": opened_mariadb,
}
