"""What later events have made of messages, as the store keeps it beside the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.message_views import Reactor


class MessageStates(Protocol):
    """No rights are checked. A conversation that does not exist has nothing."""

    async def of(
        self, conversation: ConversationId, seqs: Sequence[int], reader: UserId
    ) -> Sequence[MessageState]:
        """Of those of `seqs` that something has happened to, ascending, as `reader` sees them.

        A bounded number of queries, whatever the number of reactions.
        """

    async def events(self, conversation: ConversationId, seqs: Sequence[int]) -> Sequence[Event]:
        """Those of `seqs` that exist, ascending."""

    async def pinned(
        self, conversation: ConversationId, before: int | None, limit: int
    ) -> Sequence[tuple[int, int]]:
        """(seq of the pin event, seq of the message), the latest pin first, strictly before."""

    async def reactors(
        self, conversation: ConversationId, seq: int, emoji: str, after: int, limit: int
    ) -> Sequence[Reactor]:
        """Who reacted with `emoji`, or with anything when it is empty, in the order they did;
        strictly after the event `after`."""

    async def expire(self, now_ms: int, limit: int) -> int:
        """Take away what at most `limit` messages said whose time has come; how many those were.

        Their events stay, so the log has no gap. Safe to run in several processes at once.
        """

    async def next_expiry_ms(self) -> int | None:
        """When the next message expires, None when none will."""
