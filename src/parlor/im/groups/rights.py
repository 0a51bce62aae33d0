"""The rules that every act on a group begins with. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from parlor.model.conversation import Conversation, ConversationKind, Member
from parlor.model.errors import BadRequest, Forbidden, GroupDissolved
from parlor.model.group import Permission, Role
from parlor.model.ids import UserId
from parlor.model.standing import Standing


def require_group(conversation: Conversation) -> None:
    """Raises BadRequest for a direct conversation, GroupDissolved."""
    if conversation.kind is not ConversationKind.GROUP:
        raise BadRequest("This is a conversation of two people, not a group.")
    if conversation.dissolved:
        raise GroupDissolved


def require_member(standing: Standing) -> Member:
    """Who acts. Raises NotMember first, so that outsiders learn nothing of a group."""
    member = standing.member
    require_group(standing.conversation)
    return member


def require_role(standing: Standing, least: Role) -> Member:
    member = require_member(standing)
    if not member.role.at_least(least):
        raise Forbidden(f"Only the group's {_PLURAL[least]} may do this.")
    return member


def require(standing: Standing, permission: Permission) -> Member:
    return require_role(standing, standing.conversation.settings.least_role(permission))


def require_over(actor: Member, other: Member) -> None:
    """Members are subject to whoever has the permission, administrators to the owner alone."""
    if other.role is not Role.MEMBER and actor.role is not Role.OWNER:
        raise Forbidden("Only the owner may do this to an administrator.")
    if other.role is Role.OWNER:
        raise Forbidden("Nobody may do this to the owner.")


def present(standing: Standing, users: Sequence[UserId]) -> Sequence[Member]:
    """Those of `users` who are in the group, in their order."""
    return [standing.others[user] for user in users if user in standing.others]


_PLURAL = {
    Role.MEMBER: "members",
    Role.ADMINISTRATOR: "administrators",
    Role.OWNER: "owner",
}
