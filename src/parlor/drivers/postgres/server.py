"""What is particular to PostgreSQL: connections, isolation, what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from parlor.drivers.sql.networked import Engines
from parlor.drivers.sql.pools import make_pools
from parlor.drivers.sql.reasons import reason
from parlor.drivers.sql.settings import StorageSettings

_DRIVER = "postgresql+asyncpg"
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
        self._url = make_url(settings.url).set(drivername=_DRIVER)

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
    writing, reading = (_arguments(settings, only_read=only) for only in (False, True))
    return make_pools(settings, _DRIVER, writing=writing, reading=reading)


def _arguments(settings: StorageSettings, *, only_read: bool) -> Mapping[str, Any]:
    statement_ms = round(settings.statement_timeout_s * 1_000)
    session = {
        "application_name": "parlor",
        "default_transaction_read_only": "on" if only_read else "off",
        "statement_timeout": str(statement_ms),
        "idle_in_transaction_session_timeout": str(statement_ms),
        "lock_timeout": str(round(settings.lock_timeout_s * 1_000)),
        # A plan that was kept since the table was small reads all of it when it is large: 5 ms
        # for what 64 senders ask after 10,000 messages. Planning again takes 0.3 ms.
        "plan_cache_mode": "force_custom_plan",
        # Compiling a query takes longer than any of ours runs.
        "jit": "off",
    }
    return {"timeout": settings.connect_timeout_s, "server_settings": session}


def _code(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", ""))
