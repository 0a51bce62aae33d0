"""The one thread that writes: it takes whatever waits and commits it all at once.

Owns the queue in front of the database, the grouping and the outcome of every unit. One commit
costs one `fdatasync` whatever it contains, so the batch grows with the load by itself and
nobody waits for a timer. Used by `drivers.sqlite.database` only.

A unit that raises is undone by itself (SAVEPOINT). When the engine rolls the whole transaction
back (disk full, I/O error), cannot begin or cannot commit, every caller of the batch hears
StorageFailed: a false refusal is answered by a retry with the same client_id, a false
acknowledgement by nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from parlor.model.errors import Overloaded, ParlorError, StorageFailed
from parlor.ports.meter import Meter

T = TypeVar("T")
Item = TypeVar("Item")
_Together = Callable[[Connection, Sequence[Any]], Sequence[Any]]


@dataclass(slots=True)
class WriterStats:
    """Since the start. Each commit that changed something is one fsync of the log."""

    commits: int = 0
    failed_commits: int = 0
    units: int = 0
    largest_batch: int = 0


@dataclass(slots=True, frozen=True)
class _Waiting:
    """`together` is None for a unit of its own, which then is `item`."""

    together: _Together | None
    item: Any
    future: asyncio.Future[Any]


class Writer:
    """Create, `start` on the loop that will call `write`, and `close` in the end."""

    def __init__(self, engine: Engine, meter: Meter, *, max_waiting: int, max_batch: int) -> None:
        self.stats = WriterStats()
        self._engine = engine
        self._meter = meter
        self._max_waiting = max_waiting
        self._max_batch = max_batch
        self._turn: list[_Waiting] = []
        self._queue: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._backlog: deque[_Waiting] = deque()
        self._unanswered = 0
        self._closed = True
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)

    @property
    def waiting(self) -> int:
        """Units without an answer."""
        return self._unanswered

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._thread.start()

    async def close(self) -> None:
        """Commit what was accepted, answer it, and stop. Later calls get StorageFailed."""
        if self._closed:
            return
        self._closed = True
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.sleep(0)  # the last answers were scheduled before the thread ended

    async def write(self, unit: Callable[[Connection], T]) -> T:
        return cast("T", await self._wait(None, unit))

    async def write_together(
        self,
        unit: Callable[[Connection, Sequence[Item]], Sequence[T | ParlorError]],
        item: Item,
    ) -> T:
        return cast("T", await self._wait(unit, item))

    def _wait(self, together: _Together | None, item: Any) -> asyncio.Future[Any]:
        if self._closed:
            raise StorageFailed("The database is closed.")
        if self._unanswered >= self._max_waiting:
            self._meter.count("storage_refused_total")
            raise Overloaded(retry_after_s=1.0)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._unanswered += 1
        self._turn.append(_Waiting(together, item, future))
        if len(self._turn) == 1:
            self._loop.call_soon(self._hand_over)
        return future

    def _hand_over(self) -> None:
        """What one turn of the loop brought goes over at once: waking the thread for the first
        of many would have it commit that one alone."""
        if self._turn:
            self._queue.put(self._turn)
            self._turn = []

    # On the writer's own thread from here on.

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._take()
            if not batch:
                continue
            began = time.perf_counter()
            outcomes = self._store(batch)
            took_s = time.perf_counter() - began
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody is waiting
                self._loop.call_soon_threadsafe(self._answer, batch, outcomes, took_s)
        self._drop_connection()

    def _take(self) -> tuple[list[_Waiting], bool]:
        """What waits now, at least one; and whether there will be more.

        The last batch holds all that is left, whatever its size.
        """
        backlog, going = self._backlog, True
        while going and len(backlog) < self._max_batch:
            try:
                brought = self._queue.get(block=not backlog)
            except Empty:
                break
            if brought is None:
                going = False
            else:
                backlog.extend(brought)
        size = min(len(backlog), self._max_batch) if going else len(backlog)
        return [backlog.popleft() for _ in range(size)], going

    def _store(self, batch: Sequence[_Waiting]) -> Sequence[Any]:
        """One outcome per unit: its result, or the exception its caller gets."""
        try:
            connection = self._connected()
            with connection.begin():
                outcomes = [
                    outcome
                    for together, waiting in groupby(batch, key=lambda one: one.together)
                    for outcome in _run_units(connection, together, [one.item for one in waiting])
                ]
        except Exception as error:
            self.stats.failed_commits += 1
            self._drop_connection()
            return [_failure(error)] * len(batch)
        self.stats.commits += 1
        self.stats.units += len(batch)
        self.stats.largest_batch = max(self.stats.largest_batch, len(batch))
        return outcomes

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop_connection(self) -> None:
        """After a failure nothing is assumed about the connection: the next batch opens anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()

    # On the loop again.

    def _answer(self, batch: Sequence[_Waiting], outcomes: Sequence[Any], took_s: float) -> None:
        self._unanswered -= len(batch)
        self._meter.count("storage_commits_total")
        self._meter.observe("storage_batch_units", len(batch))
        self._meter.observe("storage_commit_seconds", took_s)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.future.done():
                continue
            if isinstance(outcome, Exception):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)


def _run_units(
    connection: Connection, together: _Together | None, items: Sequence[Any]
) -> Sequence[Any]:
    if together is None:
        return [_in_savepoint(connection, unit) for unit in items]
    outcomes = _in_savepoint(connection, lambda db: together(db, items))
    if not isinstance(outcomes, Exception):
        return cast("Sequence[Any]", outcomes)
    if len(items) == 1:
        return [outcomes]
    return [_run_units(connection, together, [item])[0] for item in items]


def _in_savepoint(connection: Connection, unit: Callable[[Connection], Any]) -> Any:
    """What `unit` returned or raised. Raises when the whole transaction is lost with it."""
    savepoint = connection.begin_nested()
    try:
        outcome = unit(connection)
    except Exception as error:
        savepoint.rollback()  # fails when SQLite has rolled back everything by itself
        return _failure(error) if isinstance(error, DBAPIError) else error
    savepoint.commit()
    return outcome


def _failure(error: Exception) -> StorageFailed:
    failure = StorageFailed()
    failure.__cause__ = error
    return failure
