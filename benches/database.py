"""The databases that a bench can be asked to measure on, and what each does with nothing around it.

A server of a database is started for the bench, with everything written through to the disk, and
ended after it. It shares the machine with what is measured.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.mariadb import Mariadb
from tests.support.postgres import Postgres

KINDS = ("sqlite", "postgres", "mariadb")
BARE_S = 2.0
_COLUMNS = "conversation, seq, sender, client_id, sent_at, text"
_TABLE = (
    "CREATE TABLE event (conversation BIGINT, seq BIGINT, sender BIGINT, client_id VARCHAR(64),"
    " sent_at BIGINT, text {text}, PRIMARY KEY (conversation, seq))"
)
_ONCE = "CREATE UNIQUE INDEX once ON event (sender, client_id)"
DATABASE = "bench"


@dataclass(frozen=True)
class Place:
    """`url` for `storage.url`. `data` has everything that the database writes."""

    kind: str
    url: str
    data: Path
    server: Postgres | Mariadb | None

    def stored_bytes(self) -> int:
        if self.server is None:
            return sum(path.stat().st_size for path in self.data.glob("parlor.db*"))
        return self.server.size(DATABASE)


@contextmanager
def opened(kind: str, data: Path) -> Iterator[Place]:
    """`data` is the data folder of the server that is measured."""
    if kind == "sqlite":
        yield Place(kind, "sqlite", data, None)
        return
    server: Postgres | Mariadb = (
        Postgres(durable=True) if kind == "postgres" else Mariadb(durable=True)
    )
    try:
        asyncio.run(server.run(f"CREATE DATABASE {DATABASE}"))
        yield Place(kind, server.url(DATABASE), server.folder / "data", server)
    finally:
        server.end()


def bare_rate(place: Place, rows: int, text: str) -> float:
    """Rows a second, `rows` a commit, when nothing but the database and its driver is there."""
    if place.kind == "sqlite":
        return _bare_sqlite(place.data.parent / "bare.db", rows, text)
    return asyncio.run(
        _bare_postgres(place, rows, text)
        if place.kind == "postgres"
        else _bare_mariadb(place, rows, text)
    )


def _rows(rows: int, turn: int, text: str) -> list[tuple[object, ...]]:
    return [(n // 2, turn * 2 + n % 2, n, f"{n}-{turn}", turn, text) for n in range(rows)]


def _bare_sqlite(file: Path, rows: int, text: str) -> float:
    link = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000"):
        link.execute(f"PRAGMA {pragma}")
    link.execute(f"{_TABLE.format(text='TEXT')} WITHOUT ROWID")
    link.execute(_ONCE)
    turn, began = 0, time.perf_counter()
    while time.perf_counter() - began < BARE_S:
        turn += 1
        link.execute("BEGIN IMMEDIATE")
        insert = f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
        link.executemany(insert, _rows(rows, turn, text))
        link.execute("COMMIT")
    rate = turn * rows / (time.perf_counter() - began)
    link.close()
    return rate


async def _bare_postgres(place: Place, rows: int, text: str) -> float:
    import asyncpg

    link: Any = await asyncpg.connect(place.url)
    await link.execute(_TABLE.format(text="TEXT"))
    await link.execute(_ONCE)
    turn, began = 0, time.perf_counter()
    while time.perf_counter() - began < BARE_S:
        turn += 1
        insert = f"INSERT INTO event ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)"
        await link.executemany(insert, _rows(rows, turn, text))
    rate = turn * rows / (time.perf_counter() - began)
    await link.execute("DROP TABLE event")
    await link.close()
    return rate


async def _bare_mariadb(place: Place, rows: int, text: str) -> float:
    import asyncmy

    assert place.server is not None
    link: Any = await asyncmy.connect(
        user="root", host="127.0.0.1", port=place.server.port, db=DATABASE
    )
    async with link.cursor() as cursor:
        await cursor.execute(_TABLE.format(text="TEXT"))
        await cursor.execute(_ONCE)
        turn, began = 0, time.perf_counter()
        while time.perf_counter() - began < BARE_S:
            turn += 1
            insert = f"INSERT INTO event ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)"
            await cursor.executemany(insert, _rows(rows, turn, text))
            await link.commit()
        rate = turn * rows / (time.perf_counter() - began)
        await cursor.execute("DROP TABLE event")
    link.close()
    return rate
