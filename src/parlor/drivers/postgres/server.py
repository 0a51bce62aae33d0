"""What is particular to PostgreSQL: connections, isolation, what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from parlor.drivers.sql.networked import Engines
from parlor.drivers.sql.reasons import reason
from parlor.drivers.sql.settings import StorageSettings

_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available:
https://www.postgresql.org/docs/15/errcodes-appendix.html"""
_EXPLAINED = {
    "28P01": "wrong password, or no such user",
    "28000": "the server does not let this user in from here",
    "3D000": "there is no such database",
    "42501": "this user may not do what is needed",
    "53300": "the server has too many connections; lower the pools in [storage]",
}
_MIGRATING = 0x7061726C6F72
"""Number of the advisory lock: "parlor"."""


class PostgresServer:
    """Satisfies `drivers.sql.networked.Server`."""

    def __init__(self, settings: StorageSettings) -> None:
        self._url = make_url(settings.url).set(drivername="postgresql+asyncpg")

    def is_conflict(self, error: DBAPIError) -> bool:
        return getattr(error.orig, "sqlstate", None) in _CONFLICTS

    def explain(self, error: BaseException) -> str:
        return reason(self._url, error, _code, _EXPLAINED)

    @contextmanager
    def migrating(self, connection: Connection) -> Iterator[None]:
        """Held until the transaction ends."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATING})
        yield


def make_engines(settings: StorageSettings) -> Engines:
    url = make_url(settings.url).set(drivername="postgresql+asyncpg")
    return Engines(
        together=_engine(url, settings, "READ COMMITTED", settings.together_connections),
        writing=_engine(url, settings, "SERIALIZABLE", settings.write_connections),
        reading=_engine(
            url, settings, "REPEATABLE READ", settings.read_connections, is_reading=True
        ),
    )


def _engine(
    url: URL,
    settings: StorageSettings,
    isolation: str,
    connections: int,
    *,
    is_reading: bool = False,
) -> AsyncEngine:
    statement_ms = round(settings.statement_timeout_s * 1_000)
    session = {
        "application_name": "parlor",
        "default_transaction_read_only": "on" if is_reading else "off",
        "statement_timeout": str(statement_ms),
        "idle_in_transaction_session_timeout": str(statement_ms),
        "lock_timeout": str(round(settings.lock_timeout_s * 1_000)),
        # A plan that was kept since the table was small reads all of it when it is large: 5 ms
        # for what 64 senders ask after 10,000 messages. Planning again takes 0.3 ms.
        "plan_cache_mode": "force_custom_plan",
        # Compiling a query takes longer than any of ours runs.
        "jit": "off",
    }
    return create_async_engine(
        url,
        isolation_level=isolation,
        # What people write stays out of the text of errors.
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=settings.statement_timeout_s,
        connect_args={"timeout": settings.connect_timeout_s, "server_settings": session},
    )


def _code(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", ""))
