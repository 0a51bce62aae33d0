"""Lookups by key that come in the same turn of the loop, answered by one query.

Ten thousand clients that come back at once ask the same question with different keys; a query
each costs a thread switch each. Used by the SQL drivers for what every hello asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from parlor.drivers.sql.database import Database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ReadTogether(Generic[K, V]):
    """`fetch` gives what it finds for at most `most` different keys; the rest is None."""

    def __init__(
        self,
        database: Database,
        fetch: Callable[[Connection, Sequence[K]], Mapping[K, V]],
        *,
        most: int,
    ) -> None:
        self._database = database
        self._fetch = fetch
        self._most = most
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._queries: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V | None:
        """Raises what `Database.read` raises. Cancelling one caller leaves the others alone."""
        waiting = self._waiting.get(key)
        if waiting is None:
            loop = asyncio.get_running_loop()
            if not self._waiting:
                loop.call_soon(self._ask)
            waiting = self._waiting[key] = loop.create_future()
        return await asyncio.shield(waiting)

    def _ask(self) -> None:
        asked, self._waiting = list(self._waiting.items()), {}
        for start in range(0, len(asked), self._most):
            query = asyncio.ensure_future(self._answer(dict(asked[start : start + self._most])))
            self._queries.add(query)
            query.add_done_callback(self._queries.discard)

    async def _answer(self, asked: dict[K, asyncio.Future[V | None]]) -> None:
        try:
            found = await self._database.read(lambda db: self._fetch(db, tuple(asked)))
        except BaseException as failure:
            for waiting in asked.values():
                if not waiting.done():
                    waiting.set_exception(failure)
                    # Whoever asked may have gone; its failure is then nobody's.
                    waiting.exception()
            if not isinstance(failure, Exception):
                raise
        else:
            for key, waiting in asked.items():
                if not waiting.done():
                    waiting.set_result(found.get(key))
