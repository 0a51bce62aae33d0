"""Read positions: how far each person has read, the same on all their devices."""

from __future__ import annotations

from parlor.im.announce import Announcements
from parlor.im.paging import check_seq
from parlor.model.ids import ConversationId, UserId
from parlor.ports.conversations import Conversations
from parlor.wire.native.pushes import ReadPush


class Reading:
    def __init__(self, conversations: Conversations, announcements: Announcements) -> None:
        self._conversations = conversations
        self._announcements = announcements

    async def set(self, user: UserId, conversation_id: ConversationId, seq: int) -> tuple[int, int]:
        """(read_seq, unread) after everything up to `seq` was read.

        Never moves back, never past the last event; `user`'s connections are told when it moves.
        Raises NotFound, NotMember, BadRequest.
        """
        read_seq, unread, moved = await self._conversations.set_read(
            conversation_id, user, check_seq(seq)
        )
        if moved:
            push = ReadPush(conversation_id, read_seq, unread)
            await self._announcements.tell([user], push, about=conversation_id)
        return read_seq, unread
