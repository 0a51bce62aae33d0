"""The pools of connections to a database server: one for each kind of transaction.

What `drivers.postgres` and `drivers.mysql` share; they say how their connections are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from parlor.drivers.sql.networked import Engines
from parlor.drivers.sql.settings import StorageSettings

Arguments = Mapping[str, Any]
"""Of the driver's `connect`."""


def make_pools(
    settings: StorageSettings, drivername: str, *, writing: Arguments, reading: Arguments
) -> Engines:
    """Nothing connects before it is used."""

    def pool(isolation: str, connections: int, arguments: Arguments) -> AsyncEngine:
        return create_async_engine(
            make_url(settings.url).set(drivername=drivername),
            isolation_level=isolation,
            # What people write stays out of the text of errors.
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=settings.statement_timeout_s,
            connect_args=dict(arguments),
        )

    return Engines(
        together=pool("READ COMMITTED", settings.together_connections, writing),
        # What was decided by stays true until the commit; MySQL locks what such a unit reads.
        writing=pool("SERIALIZABLE", settings.write_connections, writing),
        reading=pool("REPEATABLE READ", settings.read_connections, reading),
    )
