"""A stored thread and what one member sees of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.event import Event
from parlor.model.group import GroupSettings, Role
from parlor.model.ids import ConversationId, UserId
from parlor.model.own import Notify


class ConversationKind(StrEnum):
    DIRECT = "direct"
    GROUP = "group"


class Conversation(msgspec.Struct, frozen=True):
    """`title` is empty for a direct conversation: each side shows the other's name.

    A `dissolved` one can be read, and nothing can happen in it any more.
    """

    id: ConversationId
    kind: ConversationKind
    title: str
    last_seq: int
    member_count: int = 0
    settings: GroupSettings = GroupSettings()
    announcement: str = ""
    avatar: str = ""
    dissolved: bool = False


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """Sees events from `history_from` on; may write again after `muted_until` (Unix ms).

    `barred`: the other person of this direct conversation does not want to be written to.
    """

    user_id: UserId
    role: Role
    joined_seq: int
    read_seq: int
    history_from: int = 0
    muted_until: int = 0
    barred: bool = False


class ConversationView(msgspec.Struct, frozen=True):
    """One row of somebody's conversation list.

    `peer` is the other person of a direct conversation. `unread` counts messages of others
    after `read_seq` that still say something (not those that were taken back or have expired) and
    stops at 1,000; `mentioned_seq` is the first message of others after it
    that mentions the viewer or everybody, 0 for none. `active_at` is Unix time in milliseconds of
    the last event and orders the list. `role`, `history_from` and `muted_until` are the member's
    own (`Member`); `settings`, `announcement`, `avatar` and `dissolved` the conversation's. What
    is before `history_from` cannot be read: it is from before the member's time, or not kept any
    more.
    `pinned`, `notify`, `hidden` and `unread_mark` are what the member has made of it.
    `peer_read_seq` and `peer_delivered_seq` are how far the other person of a direct one has read
    and got (`model.receipt.Receipt`), 0 in a group.
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
    role: Role = Role.MEMBER
    history_from: int = 0
    muted_until: int = 0
    settings: GroupSettings = GroupSettings()
    announcement: str = ""
    avatar: str = ""
    dissolved: bool = False
    pinned: bool = False
    notify: Notify = Notify.ALL
    hidden: bool = False
    unread_mark: bool = False
    peer_read_seq: int = 0
    peer_delivered_seq: int = 0
    mentioned_seq: int = 0
