"""How far each device has got in the conversations where people are told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from parlor.model.ids import ConversationId, DeviceId, UserId
from parlor.model.receipt import Delivered, Receipt


class Stored(msgspec.Struct, frozen=True):
    """`moved` are the positions that got further, as they are now. `without`: conversations in
    which no positions are kept, being too large. `ignored` counts the positions of those who are
    not members, and of what does not exist."""

    moved: tuple[Delivered, ...]
    without: frozenset[ConversationId]
    ignored: int = 0


class Told(msgspec.Struct, frozen=True):
    """A receipt, and the other person of the direct conversation, who may see it."""

    peer: UserId
    receipt: Receipt


class Readers(msgspec.Struct, frozen=True):
    """A page of those who were there when something was said, and how many have read it."""

    page: tuple[tuple[UserId, bool], ...]
    read_count: int
    others_count: int


class Deliveries(Protocol):
    async def put(self, delivered: Sequence[Delivered], most_members: int) -> Stored:
        """Move positions forward, never back, never past last_seq, by a number of statements
        that does not grow with `delivered`.

        Left out, and counted: who is not a member, and what does not exist.
        """

    async def told(self, positions: Sequence[tuple[ConversationId, UserId]]) -> Sequence[Told]:
        """The receipts of these people in direct conversations; other kinds are left out, and
        where one of the two blocks the other. A constant number of queries."""

    async def receipts(self, id: ConversationId, viewer: UserId, limit: int) -> Sequence[Receipt]:
        """Of its members, in the order of user ids; 0 of who blocks `viewer` or is blocked. One
        query."""

    async def readers(
        self,
        id: ConversationId,
        seq: int,
        sender: UserId,
        viewer: UserId,
        after: UserId | None,
        limit: int,
    ) -> Readers:
        """Who has read the event, of the members who were there by then, except `sender`; in the
        order of user ids, strictly after `after`. For `viewer`, whoever blocks them or is blocked
        by them has not."""

    async def behind(self, user: UserId) -> Mapping[DeviceId, int]:
        """How many events each of the user's devices has still to acknowledge, of the
        conversations where it has acknowledged any. One query."""
