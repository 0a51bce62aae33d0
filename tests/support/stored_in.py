"""Where a server keeps its data in a test that may kill both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.mariadb import Mariadb, mariadb_url
from tests.support.postgres import Postgres, postgres_url


@asynccontextmanager
async def database_of(kind: str) -> AsyncIterator[tuple[Postgres | Mariadb | None, str]]:
    """(the database server, None for `sqlite`; its address), written through to the disk."""
    if kind == "sqlite":
        yield None, "sqlite"
        return
    # Each kind of server goes with its own kind of address.
    made: Any = (Postgres, postgres_url) if kind == "postgres" else (Mariadb, mariadb_url)
    process = made[0](durable=True)
    try:
        async with made[1](process) as address:
            yield process, address
    finally:
        process.end()
