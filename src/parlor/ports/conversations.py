"""Conversations, their members, and where each member has read to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from parlor.model.conversation import (
    Conversation,
    ConversationKind,
    ConversationView,
    Member,
)
from parlor.model.ids import ConversationId, UserId
from parlor.model.self_log import Entry


class Conversations(Protocol):
    async def create(
        self,
        id: ConversationId,
        kind: ConversationKind,
        owner: UserId,
        others: Sequence[UserId],
        title: str,
        at_ms: int,
    ) -> tuple[Conversation, bool]:
        """Make it with its members and its first event (`created`, seq 1) in one transaction.

        A direct one is hidden from the other person, as `model.own.OwnConversation` says.
        A direct conversation of the same two people is returned instead, with False, also
        when both ask at once; so is a group that has this id already. Raises NotFound when a
        member does not exist, NotWanted when one does not take it from the owner.
        """

    async def get(self, id: ConversationId) -> Conversation | None: ...

    async def member(self, id: ConversationId, user: UserId) -> Member | None: ...

    async def members(
        self, id: ConversationId, after: UserId | None, limit: int
    ) -> Sequence[Member]:
        """In the order of user ids (as numbers), strictly after `after`."""

    async def among(
        self, pairs: Sequence[tuple[ConversationId, UserId]]
    ) -> Collection[tuple[ConversationId, UserId]]:
        """Those of at most 256 `pairs` where the user is a member of the conversation."""

    async def view(self, id: ConversationId, user: UserId) -> ConversationView | None:
        """None when `user` is not a member."""

    async def views(
        self, user: UserId, before: tuple[int, ConversationId] | None, limit: int
    ) -> Sequence[ConversationView]:
        """Newest first by (active_at, id), strictly before `before`.

        A bounded number of queries whatever the limit.
        """

    async def set_read(
        self, id: ConversationId, user: UserId, seq: int, at_ms: int
    ) -> tuple[int, int, Entry | None]:
        """Move the read position forward, never back, never past last_seq.

        (read_seq, unread, the entry of the reader's self log, None when nothing changed). The
        entry is stored in the same transaction, and without its mark as unread. Raises NotMember.
        """
