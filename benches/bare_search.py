"""The full-text index that each database has, with nothing around it: what a search is held
against. It has the same words as ours, written so that each database takes them as words."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Protocol

from benches.database import DATABASE, Place
from parlor.model.search_query import parse_query
from parlor.model.search_words import words_of

Said = Iterable[tuple[int, int, int, str]]
_ROWS = 500
_PAGE = 20


class BareIndex(Protocol):
    async def fill(self, said: Said) -> None: ...
    async def find(self, text: str) -> object:
        """The newest `_PAGE` in one's own conversations."""


@asynccontextmanager
async def bare_index(place: Place, talks: Sequence[int]) -> AsyncIterator[BareIndex]:
    """`talks` are those of whoever looks for something."""
    if place.kind == "sqlite":
        link = sqlite3.connect(place.data / "parlor.db-bare", isolation_level=None)
        try:
            yield _Fts5(link, talks)
        finally:
            link.close()
    elif place.kind == "postgres":
        import asyncpg

        postgres: Any = await asyncpg.connect(place.url)
        try:
            yield _Tsvector(postgres, talks)
        finally:
            await postgres.close()
    else:
        import asyncmy

        assert place.server is not None
        mariadb: Any = await asyncmy.connect(
            user="root", host="127.0.0.1", port=place.server.port, db=DATABASE
        )
        try:
            yield _Fulltext(mariadb, talks)
        finally:
            mariadb.close()


class _Fts5:
    def __init__(self, link: sqlite3.Connection, talks: Sequence[int]) -> None:
        self._link = link
        self._find = (
            "SELECT said.id FROM found JOIN said ON said.id = found.rowid WHERE found MATCH ?"
            f" AND said.talk IN ({_listed(talks)}) ORDER BY found.rowid DESC LIMIT {_PAGE}"
        )

    async def fill(self, said: Said) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._link.execute(f"PRAGMA {pragma}")
        self._link.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, talk INTEGER)")
        self._link.execute("CREATE VIRTUAL TABLE found USING fts5(words, content='', detail=none)")
        for rows in _pieces(said):
            self._link.execute("BEGIN IMMEDIATE")
            self._link.executemany("INSERT INTO said VALUES (?, ?)", [row[:2] for row in rows])
            self._link.executemany(
                "INSERT INTO found (rowid, words) VALUES (?, ?)", [(row[0], row[2]) for row in rows]
            )
            self._link.execute("COMMIT")

    async def find(self, text: str) -> object:
        return self._link.execute(self._find, (" AND ".join(_asked(text)),)).fetchall()


class _Tsvector:
    def __init__(self, link: Any, talks: Sequence[int]) -> None:
        self._link = link
        self._find = (
            "SELECT id FROM bare WHERE words @@ to_tsquery('simple', $1)"
            f" AND talk IN ({_listed(talks)}) ORDER BY id DESC LIMIT {_PAGE}"
        )

    async def fill(self, said: Said) -> None:
        await self._link.execute(
            "CREATE TABLE bare (id BIGINT PRIMARY KEY, talk BIGINT, words TSVECTOR)"
        )
        await self._link.execute("CREATE INDEX bare_words ON bare USING GIN (words)")
        insert = "INSERT INTO bare VALUES ($1, $2, to_tsvector('simple', $3))"
        for rows in _pieces(said):
            await self._link.executemany(insert, rows)
        await self._link.execute("ANALYZE bare")

    async def find(self, text: str) -> object:
        return await self._link.fetch(self._find, " & ".join(_asked(text)))


class _Fulltext:
    def __init__(self, link: Any, talks: Sequence[int]) -> None:
        self._link = link
        self._find = (
            "SELECT id FROM bare WHERE MATCH (words) AGAINST (%s IN BOOLEAN MODE)"
            f" AND talk IN ({_listed(talks)}) ORDER BY id DESC LIMIT {_PAGE}"
        )

    async def fill(self, said: Said) -> None:
        async with self._link.cursor() as cursor:
            await cursor.execute(
                "CREATE TABLE bare (id BIGINT PRIMARY KEY, talk BIGINT, words MEDIUMTEXT,"
                " FULLTEXT (words)) CHARACTER SET latin1"
            )
            for rows in _pieces(said):
                await cursor.executemany("INSERT INTO bare VALUES (%s, %s, %s)", rows)
                await self._link.commit()

    async def find(self, text: str) -> object:
        async with self._link.cursor() as cursor:
            await cursor.execute(self._find, (" ".join(f"+{word}" for word in _asked(text)),))
            return await cursor.fetchall()


def _pieces(said: Said) -> Iterator[list[tuple[int, int, str]]]:
    numbered = ((n, row[0], _written(words_of(row[3]))) for n, row in enumerate(said, 1))
    while rows := list(islice(numbered, _ROWS)):
        yield rows


def _asked(text: str) -> list[str]:
    return _written(parse_query(text).words).split()


def _written(words: Iterable[str]) -> str:
    """As letters and digits: long enough for MariaDB, and none that it leaves out."""
    return " ".join(f"w{word.encode().hex()}" for word in words)


def _listed(talks: Sequence[int]) -> str:
    return ", ".join(map(str, talks))
