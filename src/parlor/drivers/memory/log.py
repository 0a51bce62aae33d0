"""The log without a disk: for tests, and for nothing that must survive the process."""

from __future__ import annotations

from collections.abc import Sequence

from parlor.model.errors import LogFull
from parlor.ports.log import Appended, Backlog, Entry, LogLimits


class MemoryLog:
    """Satisfies `ports.log.Log`, but for durability."""

    def __init__(self, limits: LogLimits) -> None:
        self._limits = limits
        self._entries: dict[int, bytes] = {}
        self._keys: dict[str, tuple[int, int, bytes]] = {}
        self._groups: dict[str, int] = {}
        self._last = 0
        self.asides: dict[int, tuple[str, bytes]] = {}

    async def append(
        self, body: bytes, at_ms: int, *, key: str = "", answer: bytes = b""
    ) -> Appended:
        if key and key in self._keys:
            position, _, first = self._keys[key]
            return Appended(position, first)
        waiting = sum(map(len, self._entries.values()))
        full = len(self._entries) >= self._limits.max_entries
        if full or waiting + len(body) > self._limits.max_bytes:
            raise LogFull(retry_after_s=2.0)
        self._last += 1
        self._entries[self._last] = body
        if key:
            self._keys[key] = (self._last, at_ms, answer)
        return Appended(self._last)

    async def read(self, group: str, after: int | None, limit: int) -> Sequence[Entry]:
        start = self._groups.get(group, 0) if after is None else after
        found = [Entry(at, body) for at, body in self._entries.items() if at > start]
        return found[:limit]

    async def acknowledge(self, group: str, position: int) -> None:
        old = self._groups.get(group, 0)
        self._groups[group] = max(old, min(position, self._last))
        done = min(self._groups.values())
        self._entries = {at: body for at, body in self._entries.items() if at > done}

    async def set_aside(self, position: int, reason: str, at_ms: int) -> None:
        body = self._entries.get(position)
        if body is not None:
            self.asides[position] = (reason, body)
        while len(self.asides) > self._limits.max_aside:
            del self.asides[min(self.asides)]

    async def backlog(self, group: str) -> Backlog:
        waiting = await self.read(group, None, self._last)
        done = self._groups.get(group, 0)
        return Backlog(done, len(waiting), sum(len(entry.body) for entry in waiting))

    async def sweep(self, before_ms: int, limit: int) -> int:
        done = min(self._groups.values(), default=0)
        mine = [key for key, (position, _, _) in self._keys.items() if position <= done]
        too_many = len(mine) - self._limits.max_keys
        going = [
            key
            for n, key in enumerate(mine[:limit])
            if n < too_many or self._keys[key][1] < before_ms
        ]
        for key in going:
            del self._keys[key]
        return len(going)
