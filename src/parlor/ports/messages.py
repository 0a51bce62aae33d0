"""The event logs: the one place where what people say becomes permanent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.event import Draft, Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Act, Decide


class Messages(Protocol):
    async def append(
        self, draft: Draft, at_ms: int, *, by_member: bool = True
    ) -> tuple[Event, bool]:
        """Store `draft` as the next event; return it once it is durable.

        In one transaction: membership checked (unless `by_member` is false), a known
        (conversation, sender, client_id) answered with the first event and False, otherwise
        seq = last + 1, inserted, True. Concurrent appends share a commit. One row is written
        whatever the number of members, and the conversation's last_seq and active_at.
        Raises NotMember, NotFound, BadRequest (`reply_to` is no event of this log, or somebody
        mentioned is not a member), ClientIdUsed (for another kind of event), StorageFailed (it may
        have been stored: ask again).
        Appends are stored in the order in which they were called.
        Cancelling the caller does not undo an append that has begun.
        """

    async def said(
        self, conversation: ConversationId, sender: UserId, client_ids: Sequence[str]
    ) -> Sequence[Event]:
        """What `sender` has stored there under these client_ids, in their order; no rights are
        checked."""

    async def act(self, act: Act, decide: Decide, at_ms: int) -> tuple[Event | None, bool]:
        """Store what `decide` makes of the facts as the next event, and apply it.

        In one transaction, alone in the conversation: a known (conversation, actor, client_id)
        answered with the first event and False, or ClientIdUsed when that is of another kind or
        about another event; the facts read; `decide` called; its draft
        stored at seq = last + 1, and the conversation's members, settings and message states
        changed as its kind says. (None, False) when `decide` gives None. What `decide` raises is
        raised, and nothing was stored. Raises NotFound, and StorageFailed as `append`.
        """

    async def events(
        self, conversation: ConversationId, after: int | None, before: int | None, limit: int
    ) -> tuple[Sequence[Event], int]:
        """As `events.list` says, with last_seq; no rights are checked. Raises NotFound."""
