"""What was looked up a moment ago: a bounded memory that can be told to forget.

Used for tokens and keys, which are checked far more often than they change. Pure; the caller
brings `now` (monotonic seconds).
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from parlor.model.newest import Newest

V = TypeVar("V")


class _Entry(NamedTuple, Generic[V]):
    owner: str
    value: V
    until: float


class Recent(Generic[V]):
    """Values by key, each belonging to an owner whose values are forgotten together.

    `keep_s` bounds how old an answer may be, `limit` how many are kept (the least recently used
    goes first). A lookup takes time, and its owner may be forgotten meanwhile: pass `version` as
    it was before the lookup to `put`, which then drops the stale answer.
    """

    def __init__(self, limit: int, keep_s: float) -> None:
        self.version = 0
        self._limit = limit
        self._keep_s = keep_s
        self._entries: Newest[bytes, _Entry[V]] = Newest()
        self._keys: dict[str, set[bytes]] = {}

    def get(self, key: bytes, now: float) -> V | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if now >= entry.until:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: bytes, owner: str, value: V, now: float, version: int) -> None:
        if version != self.version:
            return
        self._remove(key)
        self._entries[key] = _Entry(owner, value, now + self._keep_s)
        self._keys.setdefault(owner, set()).add(key)
        if len(self._entries) > self._limit:
            self._remove(self._entries.oldest()[0])

    def forget(self, owner: str) -> None:
        self.version += 1
        for key in tuple(self._keys.get(owner, ())):
            self._remove(key)

    def __len__(self) -> int:
        return len(self._entries)

    def _remove(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        keys = self._keys[entry.owner]
        keys.discard(key)
        if not keys:
            del self._keys[entry.owner]
