"""What a person's devices lack of their conversations, read for many conversations at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from parlor.model.conversation import ConversationView
from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.stretch import Head, Stretch


class Piece(msgspec.Struct, frozen=True):
    """The events of one stretch of a log; `states` of those that something has happened to."""

    events: tuple[Event, ...] = ()
    states: tuple[MessageState, ...] = ()


class Place(msgspec.Struct, frozen=True):
    conversation_id: ConversationId
    seq: int


class Changes(Protocol):
    """Each call is a number of queries that does not depend on how much is asked for."""

    async def heads(
        self, user: UserId, before: tuple[int, ConversationId] | None, limit: int
    ) -> Sequence[Head]:
        """Where `user`'s conversations stand, newest first by (active_at, id), after `before`."""

    async def views(
        self, user: UserId, ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, ConversationView]:
        """Those of `ids` that `user` is in."""

    async def pieces(
        self, user: UserId, stretches: Sequence[Stretch]
    ) -> Mapping[ConversationId, Piece]:
        """The events of `stretches`, in ascending seq. What `user` may see is not checked; states
        are those that `user` sees."""

    async def seq_at(self, user: UserId, conversation: ConversationId, at_ms: int) -> int | None:
        """The first event that `user` can see and that was stored at `at_ms` or later, `last_seq +
        1` when all are older. None for who is not in it.

        Looks at a few events, however long the log is. A clock that was set back makes it inexact.
        """

    async def events_at(
        self, user: UserId, places: Sequence[Place]
    ) -> Sequence[tuple[Event, MessageState | None]]:
        """The events at `places` that `user` can see, in the order asked for."""


class Retention(Protocol):
    async def trim(self, before_ms: int, after: ConversationId | None, limit: int) -> Trimmed:
        """Remove what is older than `before_ms` from the beginnings of conversations.

        One step of a walk over all conversations in the order of their ids: it looks at `limit`
        conversations after `after` and removes at most `limit` events, in one transaction. The last
        event of a conversation stays.
        """

    async def fold_positions(self, after: UserId | None, limit: int) -> Folded:
        """Merge the delivered positions of devices that are not signed in into one for each of
        their people: nobody's position moves back by it.

        One step of a walk over all people in the order of their ids, in one transaction: it looks
        at `limit` people after `after`, and merges at most `limit` positions.
        """

    async def forget_acts(self, before_ms: int, limit: int) -> int:
        """Remove at most `limit` entries of the audit log from before, the oldest first; how many
        those were."""


class Folded(msgspec.Struct, frozen=True):
    """`after` is where the walk goes on; None: it is at its end."""

    removed: int
    after: UserId | None


class Trimmed(msgspec.Struct, frozen=True):
    """`after` is where the walk goes on; None: it is at its end."""

    removed: int
    after: ConversationId | None
