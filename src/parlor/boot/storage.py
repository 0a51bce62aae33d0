"""The database that the settings name, opened. Drivers of servers are imported only for them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from parlor.boot.config import Config
from parlor.boot.folder import open_folder
from parlor.boot.secrets import Secrets, load_secrets
from parlor.boot.settings import ServerSettings
from parlor.drivers.sql.database import OpenDatabase
from parlor.drivers.sql.settings import StorageSettings
from parlor.drivers.sqlite.database import open_database as open_sqlite
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.ports.meter import Meter

DATABASE_FILE = "parlor.db"


@dataclass(frozen=True, slots=True)
class Storage:
    """The data folder's secrets belong to the history that is in the database."""

    database: OpenDatabase
    secrets: Secrets


async def open_storage(config: Config, meter: Meter, stack: AsyncExitStack) -> Storage:
    """Raises FolderError, CannotOpen."""
    folder = open_folder(Path(config.section("server", ServerSettings).data))
    settings = config.section("storage", StorageSettings)
    if settings.is_embedded:
        file = folder / DATABASE_FILE
        # First, so that a new file never stands beside the secrets of an earlier one.
        secrets = load_secrets(folder, new_history=not file.exists())
        sqlite = config.section("sqlite", SqliteSettings)
        database: OpenDatabase = await stack.enter_async_context(open_sqlite(file, sqlite, meter))
        return Storage(database, secrets)
    database = await stack.enter_async_context(open_server(settings, meter))
    return Storage(database, load_secrets(folder, new_history=database.made_tables))


def open_server(
    settings: StorageSettings, meter: Meter
) -> AbstractAsyncContextManager[OpenDatabase]:
    """A database that is not embedded. Raises CannotOpen."""
    if settings.url.startswith("postgresql:"):
        from parlor.drivers.postgres.database import open_database as open_postgres

        return open_postgres(settings, meter)
    from parlor.drivers.mysql.database import open_database as open_mysql

    return open_mysql(settings, meter)


async def migrate(config: Config) -> tuple[str | None, str]:
    """Bring the database to this program's revision; (what it was, what it is).

    Raises FolderError, CannotOpen.
    """
    settings = config.section("storage", StorageSettings)
    if settings.is_embedded:
        from parlor.drivers.sqlite.database import migrate_file

        folder = open_folder(Path(config.section("server", ServerSettings).data))
        return migrate_file(folder / DATABASE_FILE, config.section("sqlite", SqliteSettings))
    if settings.url.startswith("postgresql:"):
        from parlor.drivers.postgres.database import migrate as migrate_postgres

        return await migrate_postgres(settings)
    from parlor.drivers.mysql.database import migrate as migrate_mysql

    return await migrate_mysql(settings)
