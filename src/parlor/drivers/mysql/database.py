"""MySQL or MariaDB as boot opens it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from parlor.drivers.mysql.server import MysqlServer, make_engines
from parlor.drivers.sql import opening
from parlor.drivers.sql.networked import NetworkedDatabase
from parlor.drivers.sql.settings import StorageSettings
from parlor.ports.meter import Meter


def open_database(
    settings: StorageSettings, meter: Meter
) -> AbstractAsyncContextManager[NetworkedDatabase]:
    """As `drivers.sql.opening.open_networked`."""
    return opening.open_networked(make_engines(settings), MysqlServer(settings), settings, meter)


async def migrate(settings: StorageSettings) -> tuple[str | None, str]:
    """As `drivers.sql.opening.migrate`."""
    return await opening.migrate(make_engines(settings), MysqlServer(settings))
