"""Durable, ordered, at-least-once work: what was accepted and is not yet done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class LogLimits(msgspec.Struct, frozen=True):
    """`max_entries` and `max_bytes` bound what waits for the slowest group, `max_keys` how many
    keys are remembered after their entries are done, `max_aside` what is kept of broken ones."""

    max_entries: int
    max_bytes: int
    max_keys: int
    max_aside: int


class Entry(msgspec.Struct, frozen=True):
    position: int
    """Dense and increasing in the order of appending."""
    body: bytes


class Appended(msgspec.Struct, frozen=True):
    """`first` is the answer that was kept with this key when it was first used; then nothing was
    appended now, and `position` is that of the first."""

    position: int
    first: bytes | None = None


class Backlog(msgspec.Struct, frozen=True):
    """What a group has not acknowledged, after position `done`."""

    done: int
    entries: int
    bytes: int


class Log(Protocol):
    """One log of many readers. A group is one piece of work done by one reader at a time; it
    starts with the oldest entry that is there. All methods raise StorageFailed and Overloaded."""

    async def append(
        self, body: bytes, at_ms: int, *, key: str = "", answer: bytes = b""
    ) -> Appended:
        """Return once `body` is durable. Concurrent appends share a commit.

        A `key` that was used before is answered with what was kept then. Raises LogFull.
        """

    async def read(self, group: str, after: int | None, limit: int) -> Sequence[Entry]:
        """The next entries after `after` (None: after what the group acknowledged)."""

    async def acknowledge(self, group: str, position: int) -> None:
        """Everything up to `position` is done; never moves back. Entries that every group has
        acknowledged are removed."""

    async def set_aside(self, position: int, reason: str, at_ms: int) -> None:
        """Keep a broken entry where an operator can find it. It still has to be acknowledged."""

    async def backlog(self, group: str) -> Backlog: ...

    async def sweep(self, before_ms: int, limit: int) -> int:
        """Forget at most `limit` keys of entries that are done and were appended before
        `before_ms`, or are more than `max_keys`; returns how many went."""
