"""MySQL or MariaDB as boot opens it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from sqlalchemy import Connection

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


def connected(
    settings: StorageSettings, *, is_target: bool
) -> AbstractAsyncContextManager[Connection]:
    """As `drivers.sql.opening.connected`."""
    return opening.connected(make_engines(settings), MysqlServer(settings), is_target=is_target)
