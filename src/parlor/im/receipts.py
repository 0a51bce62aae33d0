"""Asking who has got and who has read what. Nothing is written for it: read positions are kept
anyway, and how far devices have got is `im.delivered`'s.

What a person may know: the positions of the people of their own conversations, as far as those
let others know (their privacy), as far as the group lets its members see each other, and of nobody
whom they block or who blocks them.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlor.im.paging import check_seq, page_size
from parlor.im.receipt_settings import ReceiptSettings
from parlor.model.conversation import Conversation, ConversationKind, Member
from parlor.model.errors import BadRequest, Forbidden, NoReceipts, NotFound, NotMember
from parlor.model.event import EventKind
from parlor.model.group import Permission
from parlor.model.ids import ConversationId, UserId
from parlor.model.receipt import Receipt
from parlor.ports.conversations import Conversations
from parlor.ports.deliveries import Deliveries, Readers
from parlor.ports.messages import Messages

MAX_CURSOR_CHARS = 32


class Receipts:
    def __init__(
        self,
        deliveries: Deliveries,
        conversations: Conversations,
        messages: Messages,
        settings: ReceiptSettings,
    ) -> None:
        self._deliveries = deliveries
        self._conversations = conversations
        self._messages = messages
        self._settings = settings

    async def list(self, user: UserId, id: ConversationId) -> Sequence[Receipt]:
        """Of everybody in the conversation, the one who asks included.

        Raises NotFound, NotMember, Forbidden, NoReceipts.
        """
        await self._check(user, id)
        return await self._deliveries.receipts(id, user, self._settings.max_members)

    async def readers(
        self, user: UserId, id: ConversationId, seq: int, cursor: str, limit: int
    ) -> tuple[Readers, str]:
        """Who has read a message and who has not, of those who were there when it was sent, but
        for its sender; and the next cursor, empty when there is no more.

        Raises as `list`, and BadRequest when there is no such message that the user may see.
        """
        size = page_size(limit, self._settings.max_page)
        if len(cursor) > MAX_CURSOR_CHARS:
            raise BadRequest("This is no cursor of a page before.")
        _, member = await self._check(user, id)
        wanted = check_seq(seq)
        events, _ = await self._messages.events(id, max(0, wanted - 1), wanted + 1, 1)
        if not events or wanted < member.history_from or events[0].kind is not EventKind.MESSAGE:
            raise BadRequest("There is no such message.")
        after = UserId(cursor) if cursor else None
        sender = events[0].sender
        found = await self._deliveries.readers(id, wanted, sender, user, after, size + 1)
        page = found.page[:size]
        more = len(found.page) > size
        readers = Readers(page, found.read_count, found.others_count)
        return readers, page[-1][0] if more else ""

    async def _check(self, user: UserId, id: ConversationId) -> tuple[Conversation, Member]:
        conversation = await self._conversations.get(id)
        if conversation is None:
            raise NotFound("There is no such conversation.")
        member = await self._conversations.member(id, user)
        if member is None:
            raise NotMember
        if conversation.kind is ConversationKind.GROUP:
            least = conversation.settings.least_role(Permission.SEE_MEMBERS)
            if not member.role.at_least(least):
                raise Forbidden("Members of this group do not see each other.")
            if conversation.member_count > self._settings.max_members:
                raise NoReceipts
        return conversation, member
