"""A stored thread and what one member sees of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId


class ConversationKind(StrEnum):
    DIRECT = "direct"
    GROUP = "group"


class Conversation(msgspec.Struct, frozen=True):
    """`title` is empty for a direct conversation: each side shows the other's name."""

    id: ConversationId
    kind: ConversationKind
    title: str
    last_seq: int


class Role(StrEnum):
    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"


class Member(msgspec.Struct, frozen=True):
    user_id: UserId
    role: Role
    joined_seq: int
    read_seq: int


class ConversationView(msgspec.Struct, frozen=True):
    """One row of somebody's conversation list.

    `peer` is the other person of a direct conversation. `unread` counts messages of others
    after `read_seq` and stops at 1,000. `active_at` is Unix time in milliseconds of the last
    event and orders the list.
    """

    id: ConversationId
    kind: ConversationKind
    title: str
    last_seq: int
    read_seq: int
    unread: int
    active_at: int
    last_event: Event | None
    peer: UserId | None
    member_count: int
