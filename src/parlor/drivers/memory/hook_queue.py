"""What waits for one webhook receiver, in memory: lost with the process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence


class MemoryHookQueue:
    """Satisfies `ports.hooks.HookQueue`. At most `max_waiting` wait beside those given out."""

    def __init__(self, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self._waiting: deque[bytes] = deque()
        self._given: tuple[bytes, ...] = ()
        self._dropped = 0
        self._there = asyncio.Event()

    def put_nowait(self, event: bytes) -> None:
        if len(self._waiting) >= self._max_waiting:
            self._waiting.popleft()
            self._dropped += 1
        self._waiting.append(event)
        self._there.set()

    async def wait(self) -> None:
        await self._there.wait()

    async def take(self, limit: int) -> Sequence[bytes]:
        if not self._given:
            count = min(limit, len(self._waiting))
            self._given = tuple(self._waiting.popleft() for _ in range(count))
        return self._given

    def done(self) -> None:
        self._given = ()
        if not self._waiting:
            self._there.clear()

    @property
    def waiting(self) -> int:
        return len(self._waiting) + len(self._given)

    @property
    def dropped(self) -> int:
        return self._dropped
