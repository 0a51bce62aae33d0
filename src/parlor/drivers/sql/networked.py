"""A database behind a server: pools of connections, transactions that are tried again, lanes.

What `drivers.postgres` and `drivers.mysql` share; they bring engines and say which faults are
what. Flow: a unit is accepted -> its lane takes what may go now -> one transaction on a pooled
connection, run by `AsyncConnection.run_sync` -> the answer.

Lanes: units of their own go singly over as many connections as there are, items of one
`write_together` unit in batches. Nothing is taken whose `order` is on its way already, so what
must keep its order does, and what would meet in the same rows does not.

When an outcome is unknown (the server went away during the commit, or took too long), everybody
concerned hears StorageFailed: the sender asks again with the same client_id.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parlor.drivers.sql.accepted import Accepted, Together, Waiting, WriterStats, failure
from parlor.drivers.sql.settings import StorageSettings
from parlor.model.errors import Overloaded, ParlorError, StorageFailed
from parlor.ports.meter import Meter

T = TypeVar("T")
Item = TypeVar("Item")

_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.2
_UNKNOWN = "Whether it was stored is not known."
_DUPLICATES = 8
"""Runs after a broken unique key, which mostly is another that took the same number first."""


class Server(Protocol):
    """What is particular to one kind of database server."""

    def is_conflict(self, error: DBAPIError) -> bool:
        """The transaction met another one and was rolled back; running it again can help."""

    def explain(self, error: BaseException) -> str:
        """Why the database cannot be used, in one line, without the password."""

    def migrating(self, connection: Connection) -> AbstractContextManager[None]:
        """Keep other processes from making or migrating tables, and have new ones made right."""


@dataclass(frozen=True, slots=True)
class Engines:
    """One pool for each kind of transaction: its isolation is set when a connection is made."""

    together: AsyncEngine
    """Read committed."""
    writing: AsyncEngine
    """Serializable."""
    reading: AsyncEngine
    """One snapshot, read only."""

    async def dispose(self) -> None:
        for engine in (self.together, self.writing, self.reading):
            await engine.dispose()


@dataclass(slots=True)
class _Lane:
    """What is stored by the same unit. `most` units make a transaction, `parallel` at a time."""

    together: Together | None
    most: int
    parallel: int
    waiting: deque[Waiting] = field(default_factory=deque)
    running: int = 0
    busy: set[Hashable] = field(default_factory=set)

    def keeps(self, one: Waiting) -> bool:
        """Whether what has the same `order` must wait for it: always, but for units alone that
        name none."""
        return self.together is not None or one.order is not None

    def take(self) -> list[Waiting]:
        """What may go now; nothing when all of it waits for what is on its way."""
        taken: list[Waiting] = []
        passed: list[Waiting] = []
        while self.waiting and len(taken) < self.most:
            one = self.waiting.popleft()
            held = one.order in self.busy
            (passed if held else taken).append(one)
        self.waiting.extendleft(reversed(passed))
        return taken


class NetworkedDatabase:
    """Satisfies `drivers.sql.database.OpenDatabase`. Made by `drivers.sql.opening`."""

    def __init__(
        self,
        engines: Engines,
        server: Server,
        settings: StorageSettings,
        meter: Meter,
        *,
        made_tables: bool,
    ) -> None:
        self.stats = WriterStats()
        self.reads = 0
        self.made_tables = made_tables
        self._engines = engines
        self._server = server
        self._settings = settings
        self._meter = meter
        self._accepted = Accepted(self._admit, meter, max_waiting=settings.max_waiting_writes)
        self._alone = _Lane(None, 1, settings.write_connections)
        self._lanes: dict[Together, _Lane] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unanswered_reads = 0
        self._may_read = asyncio.Semaphore(settings.read_connections)
        self._accepted.open()

    async def write(self, unit: Callable[[Connection], T], *, order: Hashable = None) -> T:
        return cast("T", await self._accepted.accept(None, unit, order))

    async def write_together(
        self,
        unit: Callable[[Connection, Sequence[Item]], Sequence[T | ParlorError]],
        item: Item,
        *,
        order: Hashable = None,
    ) -> T:
        return cast("T", await self._accepted.accept(unit, item, order))

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Cancelling gives up the answer, not the query: a running one ends by itself."""
        if self._unanswered_reads >= self._settings.max_waiting_reads:
            self._meter.count("storage_refused_total")
            raise Overloaded(retry_after_s=1.0)
        self._unanswered_reads += 1
        self.reads += 1
        return await asyncio.shield(self._start(self._read(query)))

    @property
    def waiting_writes(self) -> int:
        return self._accepted.unanswered

    @property
    def waiting_reads(self) -> int:
        return self._unanswered_reads

    async def close(self) -> None:
        """Store what was accepted, answer it, and close every connection."""
        self._accepted.close()
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._engines.dispose()

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return cast("asyncio.Task[Any]", task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # Whoever asked may have gone; its failure is then nobody's.
            task.exception()

    async def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            async with self._may_read:
                return await self._transaction(self._engines.reading, query)
        finally:
            self._unanswered_reads -= 1

    def _admit(self, turn: list[Waiting]) -> None:
        lanes = {id(lane): lane for lane in map(self._queue, turn)}
        for lane in lanes.values():
            self._pump(lane)

    def _queue(self, waiting: Waiting) -> _Lane:
        lane = self._alone
        if waiting.together is not None:
            known = self._lanes.get(waiting.together)
            lane = known or _Lane(
                waiting.together, self._settings.max_batch, self._settings.together_connections
            )
            self._lanes[waiting.together] = lane
        lane.waiting.append(waiting)
        return lane

    def _pump(self, lane: _Lane) -> None:
        while lane.waiting and lane.running < lane.parallel:
            batch = lane.take()
            if not batch:
                break
            lane.running += 1
            lane.busy.update(one.order for one in batch if lane.keeps(one))
            self._start(self._store(lane, batch))
        if lane.together is not None and not lane.running and not lane.waiting:
            self._lanes.pop(lane.together, None)

    async def _store(self, lane: _Lane, batch: list[Waiting]) -> None:
        began = time.perf_counter()
        outcomes: Sequence[Any] = [StorageFailed()] * len(batch)
        try:
            outcomes = await self._outcomes(lane.together, [one.item for one in batch])
        finally:
            lane.running -= 1
            lane.busy.difference_update(one.order for one in batch)
            self._accepted.answer(batch, outcomes, time.perf_counter() - began)
            self._pump(lane)

    async def _outcomes(self, together: Together | None, items: Sequence[Any]) -> Sequence[Any]:
        """One per item: its result, or the exception its caller gets."""
        try:
            if together is None:
                outcomes = [await self._transaction(self._engines.writing, items[0])]
            else:
                unit = together
                outcomes = list(
                    await self._transaction(self._engines.together, lambda db: unit(db, items))
                )
        except _Unreachable as lost:
            self.stats.failed_commits += 1
            return [lost] * len(items)
        except Exception as error:
            if len(items) > 1:
                return [
                    outcome for item in items for outcome in await self._outcomes(together, [item])
                ]
            return [error]
        self.stats.on_commit(len(items))
        return outcomes

    async def _transaction(self, engine: AsyncEngine, unit: Callable[[Connection], T]) -> T:
        """Run `unit` and commit, again when it met another. Raises StorageFailed, or what `unit`
        raised; _Unreachable when it is the server that failed or the outcome is not known."""
        for attempt in range(1, self._settings.attempts + 1):
            try:
                async with asyncio.timeout(self._settings.statement_timeout_s):
                    return await _attempt(engine, unit)
            except TimeoutError as late:
                raise _Unreachable("The database did not answer in time.") from late
            except _Stale as gone:
                if attempt > 2:
                    raise _Unreachable from gone
            except DBAPIError as error:
                again = self._server.is_conflict(error) or (
                    isinstance(error, IntegrityError) and attempt < _DUPLICATES
                )
                if not again or attempt == self._settings.attempts:
                    raise failure(error) from error
                self._meter.count("storage_conflicts_total")
                pause_s = min(_LONGEST_PAUSE_S, _PAUSE_S * 2**attempt)
                await asyncio.sleep(random.uniform(0, pause_s))
        raise _Unreachable


class _Unreachable(StorageFailed):
    """Not the fault of this unit: the next will hardly fare better."""


class _Stale(Exception):
    """A connection of the pool was dead before the commit began: nothing of the unit is stored."""


async def _attempt(engine: AsyncEngine, unit: Callable[[Connection], T]) -> T:
    connection = engine.connect()
    try:
        await connection.start()
    except Exception as error:
        raise _Unreachable("The database cannot be reached.") from error
    try:
        try:
            outcome = await connection.run_sync(unit)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise _Stale from error
            raise
        except OSError as error:
            raise _Stale from error
        await _commit(connection)
        return outcome
    finally:
        await connection.close()


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _Unreachable(_UNKNOWN) from error
        raise
    except OSError as error:
        # Not back into the pool, where the next would find half of a transaction in it.
        await connection.invalidate(error)
        raise _Unreachable(_UNKNOWN) from error
