"""Messages that somebody wants to find again: a list of one's own, across conversations.

The list has places, not copies: what a message says is read when the list is, with the rights of
that moment. One that was taken back is shown as taken back; one whose conversation was left, or
that is not kept any more, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parlor.im.membership import check_member
from parlor.im.own import Own
from parlor.im.paging import check_seq, page_size
from parlor.im.settings import ImSettings
from parlor.model.errors import BadRequest, NotFound
from parlor.model.event import Event, EventKind, has_expired, readable
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.own import OwnStar
from parlor.model.self_log import Change, Entry, SelfKind, star_key
from parlor.ports.changes import Changes, Place
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.self_log import SelfLog

_encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(OwnStar)
_CURSOR_DIGITS = 16


class StarredMessage(msgspec.Struct, frozen=True):
    """`starred_at` is Unix milliseconds."""

    event: Event
    starred_at: int
    state: MessageState | None


class Stars:
    def __init__(
        self,
        own: Own,
        self_log: SelfLog,
        changes: Changes,
        conversations: Conversations,
        settings: ImSettings,
        clock: Clock,
    ) -> None:
        self._own = own
        self._self_log = self_log
        self._changes = changes
        self._conversations = conversations
        self._settings = settings
        self._clock = clock

    async def set(
        self, user: UserId, conversation_id: ConversationId, seq: int, *, on: bool
    ) -> Entry | None:
        """Star a message or take the star off; None when it was so already.

        A star comes off also where the message cannot be read any more. Raises NotFound,
        NotMember, BadRequest (no message that `user` can read), LimitReached.
        """
        place = Place(conversation_id, check_seq(seq))
        if not (conversation_id.isascii() and conversation_id.isdigit()):
            raise NotFound("There is no such conversation.")
        key = star_key(conversation_id, seq)
        if not on:
            gone = await self._own.put(Change(user, key, SelfKind.STAR, None))
            if gone is None:
                await check_member(self._conversations, user, conversation_id)
            return gone
        await check_member(self._conversations, user, conversation_id)
        found = await self._changes.events_at(user, [place])
        if not found or found[0][0].kind is not EventKind.MESSAGE:
            # Or they were sent out between the two looks.
            await check_member(self._conversations, user, conversation_id)
            raise BadRequest("There is no such message.")
        body = _encode(OwnStar(conversation_id, seq))
        limits = {SelfKind.STAR: self._settings.max_stars}
        return await self._own.put(Change(user, key, SelfKind.STAR, body), limits)

    async def list(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[StarredMessage], str]:
        """The last starred first, and the cursor of the next page, empty when there is none.

        A page may hold fewer than asked for, or none, and still not be the last. Raises
        BadRequest (cursor, limit).
        """
        size = page_size(limit, self._settings.max_page_stars)
        before = _parse_cursor(cursor) if cursor else None
        found = await self._self_log.newest(user, SelfKind.STAR, before, size + 1)
        page = found[:size]
        starred_at: dict[Place, int] = {}
        for entry in page:
            star = _decoder.decode(entry.body or b"")
            starred_at[Place(star.conversation_id, star.seq)] = entry.at_ms
        now = self._clock.unix_ms()
        stars = [
            StarredMessage(
                readable(event, now),
                starred_at[Place(event.conversation_id, event.seq)],
                None if has_expired(event, now) else state,
            )
            for event, state in await self._changes.events_at(user, tuple(starred_at))
        ]
        return stars, str(page[-1].seq) if len(found) > size else ""


def _parse_cursor(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _CURSOR_DIGITS):
        raise BadRequest("This is not a cursor of a list of stars.")
    return check_seq(int(cursor))
