"""Each person's own log: `model.self_log`. Kept for good, but for what is gone long since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from parlor.model.ids import ConversationId, UserId
from parlor.model.own import Arrangement
from parlor.model.self_log import Change, Entry, SelfKind

NO_LIMITS: Mapping[SelfKind, int] = {}


class SelfPage(msgspec.Struct, frozen=True):
    """Entries in the order of their seq, and where the log stands.

    `floor_seq`: who has applied no further than this may have missed that something is gone.
    """

    entries: Sequence[Entry]
    last_seq: int
    floor_seq: int


class SelfLog(Protocol):
    async def put(
        self, changes: Sequence[Change], at_ms: int, most: Mapping[SelfKind, int] = NO_LIMITS
    ) -> Sequence[Entry]:
        """Store `changes` in their order, in one transaction; the entries that this made.

        What is so already makes none, nor what is to be put `over` an entry that is not the
        newest of its key any more. `most` is how many entries of a kind one user may have at
        a time. Raises NotFound (no such user), LimitReached (then nothing was stored).
        """

    async def arrange(
        self, user: UserId, conversation: ConversationId, wish: Arrangement, at_ms: int
    ) -> Entry | None:
        """Put `wish` into force and return the new entry, None when nothing changes by it.

        Reading and writing are one transaction: what another device sets at the same time, and
        the read position, are not lost. Raises NotFound, NotMember.
        """

    async def page(self, user: UserId, after: int, limit: int) -> SelfPage:
        """Entries with `seq > after`, oldest first. A user without any has an empty log."""

    async def at(self, users: Sequence[UserId], key: str) -> Sequence[Entry]:
        """What the logs of `users` say of `key`, also when it is gone; in no order. One query."""

    async def newest(
        self, user: UserId, kind: SelfKind, before: int | None, limit: int
    ) -> Sequence[Entry]:
        """What is there of `kind`, the last put first, with `seq < before`."""

    async def forget_gone(self, before_ms: int, limit: int) -> int:
        """Drop at most `limit` entries of what is gone since before `before_ms`; how many.

        The `floor_seq` of their users rises to them in the same transaction.
        """
