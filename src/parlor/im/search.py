"""Looking for messages by what they say, in all conversations that one is in or in one of them.

The index gives hints; what is shown is what the messages say now and the reader may see now. So
what was taken back, edited, has expired or was said before one's time is not found, however far the
index is behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from parlor.im.membership import check_member
from parlor.im.paging import page_size
from parlor.im.search_settings import SearchSettings
from parlor.model.errors import BadRequest
from parlor.model.event import Event, EventKind, has_expired
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.search_query import (
    Query,
    SearchKind,
    kinds_of,
    parse_query,
    word_of_kind,
    word_of_sender,
)
from parlor.ports.changes import Changes, Place
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.search import SearchIndex, Spot, Wanted

_CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,16})-([0-9]{1,16})\Z")
_LATEST_MS = 1 << 53
_LOOKED_AT = 100
"""Hints of a look that is not the first: many of them were nothing."""


class Filters(msgspec.Struct, frozen=True):
    """Where, who, which kind (all: None), and when: from `since_ms` on, before `until_ms`."""

    conversation_id: ConversationId | None = None
    sender: UserId | None = None
    kind: SearchKind | None = None
    since_ms: int = 0
    until_ms: int = 0


def filters_of(
    conversation_id: str, sender: str, kind: SearchKind | None, since_ms: int, until_ms: int
) -> Filters:
    """As requests say it: what is empty does not matter."""
    talk = ConversationId(conversation_id) if conversation_id else None
    return Filters(talk, UserId(sender) if sender else None, kind, since_ms, until_ms)


class Hit(msgspec.Struct, frozen=True):
    """A message, what has become of it, and where it says what was looked for."""

    event: Event
    state: MessageState | None
    marks: tuple[tuple[int, int], ...]


class Search:
    def __init__(
        self,
        index: SearchIndex,
        changes: Changes,
        conversations: Conversations,
        settings: SearchSettings,
        clock: Clock,
    ) -> None:
        self._index = index
        self._changes = changes
        self._conversations = conversations
        self._settings = settings
        self._clock = clock

    async def messages(
        self, user: UserId, text: str, filters: Filters, cursor: str, limit: int
    ) -> tuple[Sequence[Hit], str]:
        """(hits newest first, the cursor of the next page, empty when there is none).

        `text` may be empty when a sender or a kind is asked for. A page may hold fewer than asked
        for, or none, and still not be the last. Raises BadRequest, NotFound, NotMember.
        """
        size = page_size(limit, self._settings.max_page_hits)
        query = self._query(text, filters)
        before = _parse_cursor(cursor) if cursor else None
        talk = filters.conversation_id
        if talk is not None:
            await check_member(self._conversations, user, talk)
        words = query.words + _words_of(filters)
        if not words or (query.parts and not query.words):
            # Marks such as a full stop are in every other message, and are not kept.
            return (), ""
        wanted = Wanted(words, talk, filters.since_ms, filters.until_ms)
        hits: list[Hit] = []
        for look in range(self._settings.max_looks):
            hints = await self._index.find(user, wanted, before, _LOOKED_AT if look else size + 1)
            hits += await self._compared(user, hints.places, query, filters)
            if len(hits) > size:
                return hits[:size], _cursor_after(hits[size - 1])
            before = hints.following
            if before is None:
                return hits, ""
            if len(hits) == size:
                break
        return hits, f"{before.at_ms}-{before.conversation}-{before.seq}" if before else ""

    def _query(self, text: str, filters: Filters) -> Query:
        if len(text) > self._settings.max_query_chars:
            most = self._settings.max_query_chars
            raise BadRequest(f"What is looked for has at most {most} characters.")
        try:
            text.encode()
        except UnicodeEncodeError as lone_surrogate:
            raise BadRequest("What is looked for is Unicode text.") from lone_surrogate
        for at_ms in (filters.since_ms, filters.until_ms):
            if not 0 <= at_ms <= _LATEST_MS:
                raise BadRequest("A time is Unix milliseconds.")
        query = parse_query(text)
        if not query.parts and filters.sender is None and filters.kind is None:
            raise BadRequest("Say what to look for: a text, a sender or a kind.")
        return query

    async def _compared(
        self, user: UserId, places: Sequence[Spot], query: Query, filters: Filters
    ) -> list[Hit]:
        """Those that are there for `user` and say it."""
        if not places:
            return []
        now = self._clock.unix_ms()
        wanted = [Place(ConversationId(str(one.conversation)), one.seq) for one in places]
        hits: list[Hit] = []
        for event, state in await self._changes.events_at(user, wanted):
            text = event.text if state is None or state.text is None else state.text
            if event.kind is not EventKind.MESSAGE or has_expired(event, now):
                continue
            if not (text or event.merged) or not _fits(event, text, filters):
                continue
            marks = query.marks(text)
            if marks is not None:
                hits.append(Hit(event, state, tuple(marks)))
        return hits


def _words_of(filters: Filters) -> tuple[str, ...]:
    words: list[str] = []
    if filters.sender is not None:
        words.append(word_of_sender(filters.sender))
    if filters.kind is not None:
        words.append(word_of_kind(filters.kind))
    return tuple(words)


def _fits(event: Event, text: str, filters: Filters) -> bool:
    """The index looks up a few words at most, which may not be these."""
    if filters.sender is not None and event.sender != filters.sender:
        return False
    return filters.kind is None or filters.kind in kinds_of(event, text)


def _cursor_after(hit: Hit) -> str:
    return f"{hit.event.sent_at}-{hit.event.conversation_id}-{hit.event.seq}"


def _parse_cursor(cursor: str) -> Spot:
    found = _CURSOR.match(cursor)
    if found is None or any(int(number) > _LATEST_MS for number in found.groups()):
        raise BadRequest("This is not a cursor of a search.")
    return Spot(*map(int, found.groups()))
