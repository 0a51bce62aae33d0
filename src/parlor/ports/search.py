"""The index of what was said: looking something up, and keeping it up with the logs.

What it finds are hints. They are compared with what the messages say now, and with what the
reader may see now, before anybody is shown anything (`im.search`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from parlor.model.ids import ConversationId, UserId


class Spot(msgspec.Struct, frozen=True, order=True):
    """A place in all that was said, by time. The numbers break ties."""

    at_ms: int
    conversation: int
    seq: int


class Wanted(msgspec.Struct, frozen=True):
    """All of `words`, in `conversation` or in all that one is in, from `since_ms` on and before
    `until_ms` (0: without end). Of many words the first few are looked up."""

    words: tuple[str, ...]
    conversation: ConversationId | None = None
    since_ms: int = 0
    until_ms: int = 0


class Hints(msgspec.Struct, frozen=True):
    """Places newest first. `following`: where to go on, None at the end; everything after it has
    been told. There may be none here and still more to come."""

    places: tuple[Spot, ...]
    following: Spot | None


class Indexed(msgspec.Struct, frozen=True):
    """`events` have been looked at; `left` are conversations that have more."""

    events: int
    left: tuple[ConversationId, ...]


class Position(msgspec.Struct, frozen=True):
    """How far a log goes, and how far its index is; below 0: it is going to be made anew."""

    conversation: ConversationId
    last_seq: int
    indexed_seq: int


class SearchIndex(Protocol):
    """An event's words are in the index from its conversation's position on, which is stored with
    them: what was not indexed when a process died is indexed by the next. Who takes words from a
    message, or changes them, changes the index in the same transaction."""

    async def find(self, user: UserId, wanted: Wanted, before: Spot | None, limit: int) -> Hints:
        """Hints in what `user` can see, before `before`. Looks at a bounded number of entries."""

    async def add(self, conversations: Sequence[ConversationId], max_events: int) -> Indexed:
        """Index what follows in `conversations`, at most so many events of each; one transaction.

        Many processes may do so at once: each event is indexed once.
        """

    async def positions(self, after: ConversationId | None, limit: int) -> Sequence[Position]:
        """One step of a walk over all conversations in the order of their ids."""

    async def renew(self, conversations: Sequence[ConversationId]) -> None:
        """Have their index made anew: `add` takes out what is there, piece by piece, and then
        begins with the first event."""

    async def events(self) -> int:
        """How many there are in all logs."""
