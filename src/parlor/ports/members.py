"""Lists of members that may be long: what has changed in them, and finding somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.conversation import Member
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId
from parlor.model.member_change import MemberChange


class Members(Protocol):
    """The version of a list of members is the seq of the last event that changed it."""

    async def version(self, conversation: ConversationId) -> int:
        """0 when there is no such conversation."""

    async def changes(
        self, conversation: ConversationId, after: tuple[int, UserId | None], limit: int
    ) -> Sequence[MemberChange]:
        """One per person: how each stands whose last change is after `after`, a (version, user);
        without a user, after that version as a whole.

        Ordered by (version, user). Bounded by `limit`, whatever has happened in between.
        """

    async def find(
        self, conversation: ConversationId, words: str, after: UserId | None, limit: int
    ) -> Sequence[Member]:
        """Members with a word of the account or display name that begins so, by user id."""

    async def among(self, conversation: ConversationId, users: Sequence[UserId]) -> int:
        """How many of `users` (at most a thousand or so) are members."""

    async def with_role(
        self, conversation: ConversationId, role: Role, limit: int
    ) -> Sequence[Member]:
        """In no particular order."""
