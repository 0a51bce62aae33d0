"""The one thread that writes: it takes whatever waits and commits it all at once.

Owns the grouping and the outcome of every unit; `drivers.sql.accepted` is the queue before it. One
commit costs one `fdatasync` whatever it contains, so the batch grows with the load by itself and
nobody waits for a timer. Used by `drivers.sqlite.database` only.

A unit that raises is undone by itself: by a SAVEPOINT where others are committed with it; where all
of them raise, nothing is written. When the engine rolls the whole transaction back (disk full, I/O
error), cannot begin or cannot commit, every caller of the batch hears StorageFailed: a false
refusal is answered by a retry with the same client_id, a false acknowledgement by nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from parlor.drivers.sql.accepted import Accepted, Together, Waiting, WriterStats, failure
from parlor.model.errors import ParlorError
from parlor.ports.meter import Meter

T = TypeVar("T")
Item = TypeVar("Item")


class Writer:
    """Create, `start` on the loop that will call `write`, and `close` in the end."""

    def __init__(self, engine: Engine, meter: Meter, *, max_waiting: int, max_batch: int) -> None:
        self.stats = WriterStats()
        self._engine = engine
        self._max_batch = max_batch
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._accepted = Accepted(self._queue.put, meter, max_waiting=max_waiting)
        self._backlog: deque[Waiting] = deque()
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)

    @property
    def waiting(self) -> int:
        """Units without an answer."""
        return self._accepted.unanswered

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._accepted.open()
        self._thread.start()

    async def close(self) -> None:
        """Commit what was accepted, answer it, and stop. Later calls get StorageFailed."""
        if not self._accepted.is_open:
            return
        self._accepted.close()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.sleep(0)  # the last answers were scheduled before the thread ended

    def write(self, unit: Callable[[Connection], T]) -> asyncio.Future[T]:
        return self._accepted.accept(None, unit)

    def write_together(
        self,
        unit: Callable[[Connection, Sequence[Item]], Sequence[T | ParlorError]],
        item: Item,
    ) -> asyncio.Future[T]:
        return self._accepted.accept(unit, item)

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
                self._loop.call_soon_threadsafe(self._accepted.answer, batch, outcomes, took_s)
        self._drop_connection()

    def _take(self) -> tuple[list[Waiting], bool]:
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

    def _store(self, batch: Sequence[Waiting]) -> Sequence[Any]:
        """One outcome per unit: its result, or the exception its caller gets."""
        groups = [
            (together, [one.item for one in waiting])
            for together, waiting in groupby(batch, key=lambda one: one.together)
        ]
        try:
            connection = self._connected()
            outcomes = _run_alone(connection, groups)
            if outcomes is None:
                with connection.begin() as transaction:
                    outcomes = [
                        outcome
                        for together, items in groups
                        for outcome in _run_units(connection, together, items)
                    ]
                    if all(isinstance(outcome, Exception) for outcome in outcomes):
                        # A commit would write the pages that were changed and changed back.
                        transaction.rollback()
        except Exception as error:
            self.stats.failed_commits += 1
            self._drop_connection()
            return [failure(error)] * len(batch)
        self.stats.on_commit(len(batch))
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


def _run_alone(
    connection: Connection, groups: Sequence[tuple[Together | None, Sequence[Any]]]
) -> Sequence[Any] | None:
    """All in one unit, which the transaction itself undoes: messages are mostly stored like this.

    None when there is more than that, or when the unit failed and each item is to be tried.
    """
    ((together, items), *others) = groups
    if together is None or others:
        return None
    with connection.begin() as transaction:
        try:
            return together(connection, items)
        except Exception:  # each of them hears of it when it is tried by itself
            transaction.rollback()
            return None


def _run_units(
    connection: Connection, together: Together | None, items: Sequence[Any]
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
        return failure(error) if isinstance(error, DBAPIError) else error
    savepoint.commit()
    return outcome
