"""Who is whose contact, who asks whom, and who blocks whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from parlor.model.ids import UserId
from parlor.model.people import Blocked, Contact, ContactState, Pair
from parlor.model.self_log import Entry

Decide = Callable[[Pair], Pair | None]
"""What becomes of two people; None: nothing. May raise a refusal. Called inside the transaction,
perhaps on another thread, perhaps more than once."""


class Relations(Protocol):
    async def pair(self, user: UserId, peer: UserId) -> Pair:
        """Seen from `user`. Raises NotFound when one of them does not exist."""

    async def change(
        self, user: UserId, peer: UserId, decide: Decide, at_ms: int
    ) -> tuple[Pair, Sequence[Entry]]:
        """Store what `decide` makes of the two, with the entries of both their self logs and
        whether each may write to the other, in one transaction.

        The pair as it is now, and the entries that were put (none when nothing changed).
        Raises NotFound, and what `decide` raises.
        """

    async def refusing_groups(self, adder: UserId, users: Sequence[UserId]) -> Sequence[UserId]:
        """Those of `users` who do not let `adder` put them into a group, by privacy or by a
        block. Making a group checks it by itself."""

    async def contacts(
        self, user: UserId, states: Sequence[ContactState], after: UserId | None, limit: int
    ) -> Sequence[Contact]:
        """Those in one of `states`, in the order of user ids, strictly after `after`."""

    async def blocks(self, user: UserId, after: UserId | None, limit: int) -> Sequence[Blocked]:
        """In the order of user ids, strictly after `after`."""

    async def expire(self, before_ms: int, at_ms: int, limit: int) -> tuple[Sequence[Entry], int]:
        """Forget at most `limit` requests, waiting or withdrawn, from before that time.

        The entries (tombstones) that were put, and how many rows are gone: as many as `limit`
        means that there may be more.
        """
