"""What is particular to MariaDB and MySQL: connections, isolation, collation, errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from parlor.drivers.sql.database import CannotOpen
from parlor.drivers.sql.networked import Engines
from parlor.drivers.sql.pools import make_pools
from parlor.drivers.sql.reasons import reason
from parlor.drivers.sql.settings import StorageSettings

_DRIVER = "mysql+asyncmy"
_CONFLICTS = frozenset({1020, 1205, 1213})
"""Record changed, lock wait timeout, deadlock: https://mariadb.com/kb/en/mariadb-error-codes/"""
_EXPLAINED = {
    "1044": "this user may not use that database",
    "1045": "wrong password, or no such user",
    "1049": "there is no such database",
    "1142": "this user may not do what is needed",
    "1040": "the server has too many connections; lower the pools in [storage]",
}
_MARIADB_COLLATION, _MYSQL_COLLATION = "utf8mb4_nopad_bin", "utf8mb4_0900_bin"
_MIGRATING_WAIT_S = 60
_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO',"
    " default_storage_engine = 'InnoDB', innodb_lock_wait_timeout = {lock_s},"
    " wait_timeout = 86400, time_zone = '+00:00',"
    # What a statement makes of other values is compared as the columns are.
    " collation_connection = IF(VERSION() LIKE '%MariaDB%', '{mariadb}', '{mysql}')"
)


# It repeats each note of the server, such as that a primary key's name is not kept.
logging.getLogger("asyncmy").setLevel(logging.ERROR)


class MysqlServer:
    """Satisfies `drivers.sql.networked.Server`."""

    def __init__(self, settings: StorageSettings) -> None:
        self._url = make_url(settings.url).set(drivername=_DRIVER)

    def is_conflict(self, error: DBAPIError) -> bool:
        return _number(error.orig) in _CONFLICTS

    def explain(self, error: BaseException) -> str:
        return reason(self._url, error, lambda found: str(_number(found)), _EXPLAINED)

    @contextmanager
    def migrating(self, connection: Connection) -> Iterator[None]:
        """A lock of the connection, not of the transaction, which the first change would end.

        Tables made here take the collation of the database: bytes compared one by one, trailing
        spaces too, so that two names are one only when they are the same.
        """
        lock = {"name": f"parlor {connection.engine.url.database}"[:64], "wait": _MIGRATING_WAIT_S}
        # What was read before holds locks, and whoever migrates may be waiting for those.
        connection.exec_driver_sql("COMMIT")
        if connection.execute(text("SELECT GET_LOCK(:name, :wait)"), lock).scalar() != 1:
            raise CannotOpen("another process has been migrating the database for a minute")
        try:
            is_mariadb = getattr(connection.dialect, "is_mariadb", False)
            collation = _MARIADB_COLLATION if is_mariadb else _MYSQL_COLLATION
            connection.exec_driver_sql(
                f"ALTER DATABASE CHARACTER SET = utf8mb4 COLLATE = {collation}"
            )
            yield
        finally:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": lock["name"]})


def make_engines(settings: StorageSettings) -> Engines:
    arguments = _arguments(settings)
    engines = make_pools(settings, _DRIVER, writing=arguments, reading=arguments)
    event.listen(engines.reading.sync_engine, "connect", _only_read)
    return engines


def _arguments(settings: StorageSettings) -> Mapping[str, Any]:
    session = _SESSION.format(
        lock_s=max(1, round(settings.lock_timeout_s)),
        mariadb=_MARIADB_COLLATION,
        mysql=_MYSQL_COLLATION,
    )
    return {
        "connect_timeout": max(1, round(settings.connect_timeout_s)),
        "charset": "utf8mb4",
        "init_command": session,
    }


def _only_read(connection: DBAPIConnection, _: object) -> None:
    """A statement of its own: the variable behind it has another name in each of the two."""
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.close()


def _number(error: BaseException | None) -> int:
    """The server's error number, 0 when it is not one of the server's."""
    found = error.args[0] if error is not None and error.args else 0
    return found if isinstance(found, int) else 0
