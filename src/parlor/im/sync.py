"""Reading a conversation's log: how a device catches up, and how history is paged."""

from __future__ import annotations

from collections.abc import Sequence

from parlor.im.paging import check_seq, page_size
from parlor.im.settings import ImSettings
from parlor.model.errors import NotFound, NotMember
from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.ports.conversations import Conversations
from parlor.ports.messages import Messages


class Sync:
    def __init__(
        self, messages: Messages, conversations: Conversations, settings: ImSettings
    ) -> None:
        self._messages = messages
        self._conversations = conversations
        self._settings = settings

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
        Raises NotFound, NotMember, BadRequest.
        """
        size = page_size(limit, self._settings.max_page_events)
        lower = None if after is None else check_seq(after)
        upper = None if before is None else check_seq(before)
        if await self._conversations.member(conversation_id, user) is None:
            if await self._conversations.get(conversation_id) is None:
                raise NotFound("There is no such conversation.")
            raise NotMember
        events, last_seq = await self._messages.events(conversation_id, lower, upper, size)
        return events, last_seq, _more(events, last_seq, lower, upper)


def _more(events: Sequence[Event], last_seq: int, after: int | None, before: int | None) -> bool:
    if not events:
        return False
    if after is None:
        return events[0].seq > 1
    end = last_seq if before is None else min(last_seq, before - 1)
    return events[-1].seq < end
