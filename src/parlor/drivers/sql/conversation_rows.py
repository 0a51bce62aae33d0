"""Conversations and members <-> their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.tables import conversations, members
from parlor.model.conversation import Conversation, ConversationKind, Member
from parlor.model.group import GroupSettings, Role
from parlor.model.ids import ConversationId, UserId

CONVERSATION_COLUMNS: Sequence[Any] = (
    conversations.c.id,
    conversations.c.kind,
    conversations.c.title,
    conversations.c.last_seq,
    conversations.c.member_count,
    conversations.c.settings,
    conversations.c.announcement,
    conversations.c.avatar,
    conversations.c.dissolved_at,
)
"""What `conversation_of_row` reads, by name."""

MEMBER_COLUMNS: Sequence[Any] = (
    members.c.user_id,
    members.c.role,
    members.c.joined_seq,
    members.c.read_seq,
    members.c.history_from,
    members.c.muted_until,
    members.c.barred,
)
"""What `member_of_row` reads, by name."""

_ORDINARY = GroupSettings()
_settings = msgspec.json.Decoder(GroupSettings)


def settings_of(stored: str) -> GroupSettings:
    return _settings.decode(stored) if stored else _ORDINARY


def stored_settings(settings: GroupSettings) -> str:
    """Empty for the defaults, so that a default can change later."""
    return "" if settings == _ORDINARY else msgspec.json.encode(settings).decode()


def conversation_of_row(row: AnyRow) -> Conversation:
    return Conversation(
        id=ConversationId(str(row.id)),
        kind=ConversationKind(row.kind),
        title=row.title,
        last_seq=row.last_seq,
        member_count=row.member_count,
        settings=settings_of(row.settings),
        announcement=row.announcement,
        avatar=row.avatar,
        dissolved=row.dissolved_at > 0,
    )


def member_of_row(row: AnyRow) -> Member:
    return Member(
        user_id=UserId(str(row.user_id)),
        role=Role(row.role),
        joined_seq=row.joined_seq,
        read_seq=row.read_seq,
        history_from=row.history_from,
        muted_until=row.muted_until,
        barred=bool(row.barred),
    )
