"""Lookups by key that come at about the same time, answered by one query.

Ten thousand clients that come back at once ask the same question with different keys; a query
each costs two thread switches each. Used by the SQL drivers for what every hello asks.
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
    """`fetch` gives what it finds for at most `most` different keys; the rest is None.

    The first to ask is answered at once. Those who come while a query runs, or less than
    `window_s` after it began, share the next: in a rush that is the longest that anybody waits.
    """

    def __init__(
        self,
        database: Database,
        fetch: Callable[[Connection, Sequence[K]], Mapping[K, V]],
        *,
        most: int,
        window_s: float,
    ) -> None:
        self._database = database
        self._fetch = fetch
        self._most = most
        self._window_s = window_s
        self._next_at = 0.0
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._is_due = False
        self._query: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """Sees every write that was acknowledged before. Raises what `Database.read` raises.

        Cancelling one caller leaves the others alone.
        """
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[V | None] = loop.create_future()
        self._waiting.setdefault(key, []).append(waiting)
        if not self._is_due:
            self._is_due = True
            self._appoint(loop)
        return await waiting

    def _appoint(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop.time() < self._next_at:
            loop.call_at(self._next_at, self._ask)
        else:
            # A task begins in the next turn: whoever asks in this one is with it.
            self._ask()

    def _ask(self) -> None:
        self._query = asyncio.ensure_future(self._answer())

    async def _answer(self) -> None:
        loop = asyncio.get_running_loop()
        self._next_at = loop.time() + self._window_s
        keys = tuple(self._waiting)[: self._most]
        asked = {key: self._waiting.pop(key) for key in keys}
        try:
            found = await self._database.read(lambda db: self._fetch(db, keys))
        except BaseException as failure:
            for waiting in _unanswered(asked):
                waiting.set_exception(failure)
                # Whoever asked may have gone; its failure is then nobody's.
                waiting.exception()
            if not isinstance(failure, Exception):
                raise
        else:
            for key, those in asked.items():
                for waiting in _unanswered({key: those}):
                    waiting.set_result(found.get(key))
        finally:
            self._is_due = bool(self._waiting)
            if self._is_due:
                self._appoint(loop)


def _unanswered(
    asked: Mapping[K, Sequence[asyncio.Future[V | None]]],
) -> list[asyncio.Future[V | None]]:
    return [waiting for those in asked.values() for waiting in those if not waiting.done()]
