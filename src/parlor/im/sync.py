"""Reading a conversation's log: how a device catches up, and how history is paged."""

from __future__ import annotations

from collections.abc import Sequence

from parlor.im.paging import check_seq, page_size
from parlor.im.settings import ImSettings
from parlor.model.errors import NotFound, NotMember
from parlor.model.event import Event, readable
from parlor.model.ids import ConversationId, UserId
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.messages import Messages


class Sync:
    def __init__(
        self, messages: Messages, conversations: Conversations, settings: ImSettings, clock: Clock
    ) -> None:
        self._messages = messages
        self._conversations = conversations
        self._settings = settings
        self._clock = clock

    async def events(
        self,
        user: UserId,
        conversation_id: ConversationId,
        after: int | None,
        before: int | None,
        limit: int,
    ) -> tuple[Sequence[Event], int, bool]:
        """(events in ascending seq, last_seq, whether there are more in the direction asked).

        With `after`: the oldest after it. With `before` alone, or neither: the newest before it.
        With both: the oldest between. A device is in sync once it has applied up to last_seq.
        What was said before the member's `history_from` is as if it were not there.
        Raises NotFound, NotMember, BadRequest.
        """
        size = page_size(limit, self._settings.max_page_events)
        lower = None if after is None else check_seq(after)
        upper = None if before is None else check_seq(before)
        member = await self._conversations.member(conversation_id, user)
        if member is None:
            if await self._conversations.get(conversation_id) is None:
                raise NotFound("There is no such conversation.")
            raise NotMember
        first = max(1, member.history_from)
        if lower is not None:
            lower = max(lower, first - 1)
        # Backwards, one more than asked tells the beginning of what is kept.
        most = size if lower is not None else size + 1
        found, last_seq = await self._messages.events(conversation_id, lower, upper, most)
        if lower is None:
            if 0 < len(found) <= size:
                first = max(first, found[0].seq)
            found = found[-size:]
        now = self._clock.unix_ms()
        events = _fitting(
            [readable(event, now) for event in found if event.seq >= first],
            self._settings.max_page_chars,
            newest_first=lower is None,
        )
        return events, last_seq, _more(events, last_seq, lower, upper, first)


def _fitting(events: Sequence[Event], max_chars: int, *, newest_first: bool) -> Sequence[Event]:
    """As many as fit, one at least, from the end that the reader goes on from."""
    room, fitting = max_chars, 0
    for event in reversed(events) if newest_first else events:
        room -= len(event.text) + sum(len(snapshot.text) for snapshot in event.merged)
        if room < 0 and fitting:
            break
        fitting += 1
    return events[len(events) - fitting :] if newest_first else events[:fitting]


def _more(
    events: Sequence[Event], last_seq: int, after: int | None, before: int | None, first: int
) -> bool:
    if not events:
        return False
    if after is None:
        return events[0].seq > first
    end = last_seq if before is None else min(last_seq, before - 1)
    return events[-1].seq < end
