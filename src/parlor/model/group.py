"""What the people of a group may do there, and who decides it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"

    def at_least(self, other: Role) -> bool:
        return _RANK[self] >= _RANK[other]


_RANK = {Role.MEMBER: 0, Role.ADMINISTRATOR: 1, Role.OWNER: 2}


class Permission(StrEnum):
    """`send` is to say anything at all; `edit_info` is title, announcement and picture."""

    SEND = "send"
    INVITE = "invite"
    MENTION_ALL = "mention_all"
    PIN = "pin"
    EDIT_INFO = "edit_info"
    REMOVE_MEMBERS = "remove_members"
    MUTE = "mute"
    RECALL_OTHERS = "recall_others"
    MANAGE_LINKS = "manage_links"
    SEE_MEMBERS = "see_members"


LEAST_ROLE = {
    Permission.SEND: Role.MEMBER,
    Permission.INVITE: Role.MEMBER,
    Permission.MENTION_ALL: Role.ADMINISTRATOR,
    Permission.PIN: Role.ADMINISTRATOR,
    Permission.EDIT_INFO: Role.ADMINISTRATOR,
    Permission.REMOVE_MEMBERS: Role.ADMINISTRATOR,
    Permission.MUTE: Role.ADMINISTRATOR,
    Permission.RECALL_OTHERS: Role.ADMINISTRATOR,
    Permission.MANAGE_LINKS: Role.ADMINISTRATOR,
    Permission.SEE_MEMBERS: Role.MEMBER,
}
"""Who has a permission where a group says nothing else."""


class Join(StrEnum):
    """How people get in: only when invited, by asking, or by whoever has the link."""

    INVITE = "invite"
    APPROVAL = "approval"
    OPEN = "open"


class Visible(StrEnum):
    """What a new member sees of what was said before."""

    ALL = "all"
    SINCE_JOINED = "since_joined"


class GroupSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """`all_muted`: only administrators may write for now. `read_only`: a channel, where that is
    so for good. `slow_mode_s`: so long must a member wait between two messages (0: not at all).
    `permissions` has what differs from `LEAST_ROLE`.
    """

    join: Join = Join.INVITE
    history: Visible = Visible.ALL
    all_muted: bool = False
    slow_mode_s: int = 0
    read_only: bool = False
    permissions: dict[Permission, Role] = msgspec.field(default_factory=dict)

    def least_role(self, permission: Permission) -> Role:
        least = self.permissions.get(permission, LEAST_ROLE[permission])
        is_quiet = permission is Permission.SEND and (self.all_muted or self.read_only)
        return Role.ADMINISTRATOR if is_quiet and least is Role.MEMBER else least

    @property
    def restricts_sending(self) -> bool:
        """Whether a plain message needs more than membership."""
        return bool(self.slow_mode_s) or self.least_role(Permission.SEND) is not Role.MEMBER
