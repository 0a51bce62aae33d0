"""The ways into a group without being invited: a link somebody made, and asking."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.group import Join
from parlor.model.ids import ConversationId, UserId


class GroupLink(msgspec.Struct, frozen=True):
    """Whoever has `code` may look at the group and come in, as the group's settings say.

    Times are Unix milliseconds. `expires_at` 0: never; `max_uses` 0: as often as one likes.
    `ended`: somebody took it back; it never comes to life again.
    """

    code: str
    conversation_id: ConversationId
    made_by: UserId
    made_at: int
    expires_at: int = 0
    max_uses: int = 0
    uses: int = 0
    ended: bool = False

    def works(self, now_ms: int) -> bool:
        """Whether it still lets somebody in."""
        if self.ended or (self.max_uses and self.uses >= self.max_uses):
            return False
        return not self.expires_at or now_ms < self.expires_at


class JoinRequest(msgspec.Struct, frozen=True):
    """Somebody who waits to be let in. One per person and group; asking again changes `text`.

    `invited_by`: the member who wants this person in; None for who asks by themselves.
    """

    conversation_id: ConversationId
    user_id: UserId
    text: str
    at_ms: int
    invited_by: UserId | None = None


class Asked(StrEnum):
    """What became of a request."""

    ASKED = "asked"
    LET_IN = "let_in"
    REFUSED = "refused"


class Preview(msgspec.Struct, frozen=True):
    """What somebody outside may see of a group. `inside`: one is in it; `asked`: one has asked."""

    conversation_id: ConversationId
    title: str
    avatar: str
    member_count: int
    join: Join
    inside: bool
    asked: bool
