"""Whether somebody is in a conversation, with the right refusal when they are not."""

from __future__ import annotations

from parlor.model.conversation import Member
from parlor.model.errors import NotFound, NotMember
from parlor.model.ids import ConversationId, UserId
from parlor.ports.conversations import Conversations


async def check_member(conversations: Conversations, user: UserId, id: ConversationId) -> Member:
    """Good for what only the person sees: who writes to others is checked where it is stored.

    Raises NotFound, NotMember.
    """
    member = await conversations.member(id, user)
    if member is not None:
        return member
    if await conversations.get(id) is None:
        raise NotFound("There is no such conversation.")
    raise NotMember
