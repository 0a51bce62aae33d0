"""Read positions: how far each person has read, the same on all their devices."""

from __future__ import annotations

from collections.abc import Callable

from parlor.im.announce import Announcements
from parlor.im.own import Own
from parlor.im.paging import check_seq
from parlor.model.ids import ConversationId, UserId
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.wire.native.pushes import ReadPush


class Reading:
    def __init__(
        self, conversations: Conversations, own: Own, announcements: Announcements, clock: Clock
    ) -> None:
        self._conversations = conversations
        self._own = own
        self._announcements = announcements
        self._clock = clock
        self._on_moved: list[Callable[[UserId, ConversationId], None]] = []

    def on_moved(self, callback: Callable[[UserId, ConversationId], None]) -> None:
        """Call `callback` with whoever has read further, and where, once that is stored."""
        self._on_moved.append(callback)

    async def set(self, user: UserId, conversation_id: ConversationId, seq: int) -> tuple[int, int]:
        """(read_seq, unread) after everything up to `seq` was read.

        Never moves back, never past the last event; `user`'s connections are told when it moves,
        or when it takes off a mark as unread.
        Raises NotFound, NotMember, BadRequest.
        """
        read_seq, unread, entry = await self._conversations.set_read(
            conversation_id, user, check_seq(seq), self._clock.unix_ms()
        )
        if entry is not None:
            await self._own.tell([entry])
            for callback in self._on_moved:
                callback(user, conversation_id)
            push = ReadPush(conversation_id, read_seq, unread)
            await self._announcements.tell([user], push, about=conversation_id)
        return read_seq, unread
