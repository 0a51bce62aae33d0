"""Queries beside the writer: a few threads, each query on its own snapshot.

SQLite's write-ahead log lets readers see the last commit while the next is being written, so
nothing here waits for the writer or holds it up. Used by `drivers.sqlite.database` only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from parlor.model.errors import Overloaded, StorageFailed
from parlor.ports.meter import Meter

T = TypeVar("T")


class Readers:
    def __init__(self, engine: Engine, meter: Meter, *, threads: int, max_waiting: int) -> None:
        self._engine = engine
        self._meter = meter
        self._max_waiting = max_waiting
        self._unanswered = 0
        self.queries = 0
        """Asked since the start; written by the loop only."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="sqlite-reader")

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Cancelling gives up the answer, not the query: a running one ends by itself."""
        if self._unanswered >= self._max_waiting:
            self._meter.count("storage_refused_total")
            raise Overloaded(retry_after_s=1.0)
        self._unanswered += 1
        self.queries += 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._run, query)
        running.add_done_callback(self._answered)
        return await running

    @property
    def waiting(self) -> int:
        """Queries without an answer."""
        return self._unanswered

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)

    def _answered(self, _: object) -> None:
        self._unanswered -= 1

    def _run(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as connection, connection.begin():
                return query(connection)
        except DBAPIError as error:
            raise StorageFailed("The database could not be read.") from error
