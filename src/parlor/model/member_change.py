"""How one person's place in a group has changed."""

from __future__ import annotations

import msgspec

from parlor.model.conversation import Member
from parlor.model.ids import UserId


class MemberChange(msgspec.Struct, frozen=True):
    """`version` is the seq of the event that did it; `member` is None for who has left."""

    version: int
    user_id: UserId
    member: Member | None
