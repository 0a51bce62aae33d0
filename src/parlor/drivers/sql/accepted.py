"""The units that were accepted for writing and have no answer yet: bounded, in order.

The half of a writer that every engine shares. What one turn of the event loop brings is handed
over at once, so that those who ask together are stored together. Used on the loop only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from parlor.model.errors import Overloaded, StorageFailed
from parlor.ports.meter import Meter

Together = Callable[[Connection, Sequence[Any]], Sequence[Any]]


@dataclass(slots=True)
class WriterStats:
    """Since the start. A commit that changed something costs one fsync of the engine's log."""

    commits: int = 0
    failed_commits: int = 0
    units: int = 0
    largest_batch: int = 0

    def on_commit(self, units: int) -> None:
        self.commits += 1
        self.units += units
        self.largest_batch = max(self.largest_batch, units)


class Waiting(NamedTuple):
    """`together` is None for a unit of its own, which then is `item`."""

    together: Together | None
    item: Any
    order: Hashable
    future: asyncio.Future[Any]


class Accepted:
    """`hand_over` gets what came in one turn of the loop, in the order of the calls.

    Create it anywhere, `open` it on the loop that will call `accept`.
    """

    def __init__(
        self, hand_over: Callable[[list[Waiting]], None], meter: Meter, *, max_waiting: int
    ) -> None:
        self._give = hand_over
        self._meter = meter
        self._max_waiting = max_waiting
        self._turn: list[Waiting] = []
        self._unanswered = 0
        self._is_open = False

    @property
    def unanswered(self) -> int:
        return self._unanswered

    @property
    def is_open(self) -> bool:
        return self._is_open

    def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_open = True

    def close(self) -> None:
        """Hand over what is here and accept no more; answers may still come."""
        self._is_open = False
        self._hand_over()

    def accept(
        self, together: Together | None, item: Any, order: Hashable = None
    ) -> asyncio.Future[Any]:
        """Raises Overloaded, and StorageFailed once closed. Cancelling gives up the answer only."""
        if not self._is_open:
            raise StorageFailed("The database is closed.")
        if self._unanswered >= self._max_waiting:
            self._meter.count("storage_refused_total")
            raise Overloaded(retry_after_s=1.0)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._unanswered += 1
        self._turn.append(Waiting(together, item, order, future))
        if len(self._turn) == 1:
            self._loop.call_soon(self._hand_over)
        return future

    def answer(self, batch: Sequence[Waiting], outcomes: Sequence[Any], took_s: float) -> None:
        """One outcome per unit: its result, or the exception its caller gets."""
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

    def _hand_over(self) -> None:
        """What one turn of the loop brought goes over at once: waking the writer for the first
        of many would have it commit that one alone."""
        if self._turn:
            turn, self._turn = self._turn, []
            self._give(turn)


def failure(error: Exception) -> StorageFailed:
    """What the caller hears when the engine failed; the cause is in the chain for the log."""
    failed = StorageFailed()
    failed.__cause__ = error
    return failed
