"""Every kind of database, opened for a test; the contract suites run against each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from parlor.drivers.mysql.database import open_database as open_mysql
from parlor.drivers.mysql.server import MysqlServer
from parlor.drivers.mysql.server import make_engines as make_mysql
from parlor.drivers.postgres.database import open_database as open_postgres
from parlor.drivers.postgres.server import PostgresServer
from parlor.drivers.postgres.server import make_engines as make_postgres
from parlor.drivers.sql.database import OpenDatabase
from parlor.drivers.sql.networked import Server
from parlor.drivers.sql.settings import StorageSettings
from parlor.drivers.sqlite.database import open_database as open_sqlite
from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.settings import SqliteSettings
from tests.support.mariadb import mariadb_url
from tests.support.postgres import postgres_url
from tests.support.steady import CountingMeter

T = TypeVar("T")
Opened = AbstractAsyncContextManager[OpenDatabase]


def open_at(url: str, folder: Path, **settings: Any) -> Opened:
    """One more program with the database at `url`; `sqlite` is the file in `folder`."""
    if url == "sqlite":
        return open_sqlite(folder / "parlor.db", SqliteSettings(**settings), CountingMeter())
    chosen = StorageSettings(url=url, **settings)
    if url.startswith("postgresql:"):
        return open_postgres(chosen, CountingMeter())
    return open_mysql(chosen, CountingMeter())


@asynccontextmanager
async def sqlite_url(*, empty: bool = False) -> AsyncIterator[str]:
    """SQLite makes its file when it is opened."""
    yield "sqlite"


async def run_at(url: str, folder: Path, work: Callable[[Connection], T]) -> T:
    """`work` as a migration does its own, whatever tables there are or are not."""
    if url == "sqlite":
        engine = make_engine(folder / "parlor.db", Use.WRITING, SqliteSettings(), connections=1)
        with engine.begin() as connection:
            result = work(connection)
        engine.dispose()
        return result
    settings = StorageSettings(url=url)
    is_postgres = url.startswith("postgresql:")
    server: Server = (PostgresServer if is_postgres else MysqlServer)(settings)
    engines = (make_postgres if is_postgres else make_mysql)(settings)

    def alone(db: Connection) -> T:
        with server.migrating(db):
            return work(db)

    try:
        async with engines.together.begin() as running:
            return await running.run_sync(alone)
    finally:
        await engines.dispose()


URLS: dict[str, Callable[..., AbstractAsyncContextManager[str]]] = {
    "sqlite": sqlite_url,
    "postgres": postgres_url,
    "mariadb": mariadb_url,
}
"""The address of a database with all tables and nothing in them."""


@asynccontextmanager
async def flags_of(kind: str) -> AsyncIterator[tuple[str, str]]:
    """For a server that keeps its data in a new database of this kind."""
    async with URLS[kind]() as url:
        yield "--set", f"storage.url={url}"


def _opened(kind: str) -> Callable[..., Opened]:
    @asynccontextmanager
    async def opened(folder: Path, **settings: Any) -> AsyncIterator[OpenDatabase]:
        async with URLS[kind]() as url, open_at(url, folder, **settings) as database:
            yield database

    return opened


DATABASES: dict[str, Callable[..., Opened]] = {kind: _opened(kind) for kind in URLS}


@asynccontextmanager
async def two_programs(kind: str, folder: Path) -> AsyncIterator[tuple[OpenDatabase, OpenDatabase]]:
    """Two with the same database."""
    async with URLS[kind]() as url, open_at(url, folder) as one, open_at(url, folder) as other:
        yield one, other
