"""The bus of a single process: a queue per subscriber, nothing on any wire."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from parlor.ports.bus import Subject

MAX_WAITING = 10_000


class MemoryBus:
    """A subscriber with `max_waiting` messages loses the oldest; `on_dropped` is told of each.

    `publish` never waits, so a publisher that never lets the loop run can make a subscriber
    lose messages however fast it is.
    """

    may_wait = False

    def __init__(
        self,
        *,
        max_waiting: int = MAX_WAITING,
        on_dropped: Callable[[Subject], None] = lambda _: None,
    ) -> None:
        self._max_waiting = max_waiting
        self._on_dropped = on_dropped
        self._subscribers: dict[Subject, list[_Subscriber]] = {}

    async def publish(self, subject: Subject, message: bytes) -> None:
        for subscriber in self._subscribers.get(subject, ()):
            if len(subscriber.waiting) >= self._max_waiting:
                subscriber.waiting.popleft()
                self._on_dropped(subject)
            subscriber.put(message)

    def waiting(self, subject: Subject) -> int:
        """Messages that the subscriber furthest behind has not taken yet."""
        return max((len(one.waiting) for one in self._subscribers.get(subject, ())), default=0)

    @property
    def subjects(self) -> frozenset[Subject]:
        """Those that somebody listens to."""
        return frozenset(self._subscribers)

    def subscribe(self, subject: Subject) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._subscribe(subject)

    @asynccontextmanager
    async def _subscribe(self, subject: Subject) -> AsyncIterator[AsyncIterator[bytes]]:
        subscriber = _Subscriber()
        # Lists are replaced, never changed: publish may be walking the old one.
        self._subscribers[subject] = [*self._subscribers.get(subject, ()), subscriber]
        try:
            yield subscriber
        finally:
            left = [other for other in self._subscribers[subject] if other is not subscriber]
            if left:
                self._subscribers[subject] = left
            else:
                del self._subscribers[subject]


class _Subscriber:
    """Wakes its reader once per burst, not once per message."""

    __slots__ = ("_reader", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self._reader: asyncio.Future[None] | None = None

    def put(self, message: bytes) -> None:
        self.waiting.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self.waiting:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self.waiting.popleft()
