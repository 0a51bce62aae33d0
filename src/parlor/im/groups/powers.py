"""What the people of a group decide for others: roles, muting, settings, its end. Pure.

As in `coming`: facts and draft in; the draft to be stored, None, or a refusal out.
"""

from __future__ import annotations

import msgspec

from parlor.im.groups.rights import require, require_over, require_role
from parlor.model.conversation import Member
from parlor.model.errors import BadRequest, NotFound
from parlor.model.event import Draft
from parlor.model.group import GroupSettings, Permission, Role
from parlor.model.group_change import SettingsChange
from parlor.model.standing import Standing


def give_role(standing: Standing, draft: Draft) -> Draft | None:
    """The owner makes somebody an administrator, or a member again."""
    require_role(standing, Role.OWNER)
    if draft.role is Role.OWNER:
        raise BadRequest("A group has one owner; hand it over instead.")
    member = _one(standing, draft)
    if member.role is Role.OWNER:
        raise BadRequest("Hand the group over to somebody; then you are its administrator.")
    return None if member.role is draft.role else draft


def transfer(standing: Standing, draft: Draft) -> Draft | None:
    """The owner hands the group over and is an administrator from then on."""
    require_role(standing, Role.OWNER)
    return None if _one(standing, draft).role is Role.OWNER else draft


def mute(standing: Standing, draft: Draft) -> Draft | None:
    """One member, until `draft.until`; without members everybody below administrator."""
    actor = require(standing, Permission.MUTE)
    if not draft.members:
        return None if standing.conversation.settings.all_muted is not draft.off else draft
    member = _one(standing, draft)
    require_over(actor, member)
    wanted = 0 if draft.off else draft.until
    return None if member.muted_until == wanted else draft


def rename(standing: Standing, draft: Draft) -> Draft | None:
    require(standing, Permission.EDIT_INFO)
    return None if standing.conversation.title == draft.title else draft


def announce(standing: Standing, draft: Draft) -> Draft | None:
    """An empty text takes the announcement down."""
    require(standing, Permission.EDIT_INFO)
    return None if standing.conversation.announcement == draft.text else draft


def show(standing: Standing, draft: Draft) -> Draft | None:
    """Another picture, or none."""
    require(standing, Permission.EDIT_INFO)
    return None if standing.conversation.avatar == draft.avatar else draft


def change(standing: Standing, draft: Draft, *, wish: SettingsChange) -> Draft | None:
    """Administrators change settings, the owner alone who has which permission."""
    least = Role.ADMINISTRATOR if wish.permissions is None else Role.OWNER
    require_role(standing, least)
    old = standing.conversation.settings
    new = wish.applied_to(old)
    return None if _same(old, new) else msgspec.structs.replace(draft, settings=new)


def dissolve(standing: Standing, draft: Draft) -> Draft | None:
    """For good: its members can read it, and nothing happens there any more."""
    require_role(standing, Role.OWNER)
    return draft


def _one(standing: Standing, draft: Draft) -> Member:
    (user,) = draft.members
    if user not in standing.others:
        raise NotFound("That person is not in this group.")
    return standing.others[user]


def _same(old: GroupSettings, new: GroupSettings) -> bool:
    return SettingsChange().applied_to(old) == new
