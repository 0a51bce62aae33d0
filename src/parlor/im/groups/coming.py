"""How people come into a group and leave it: each act as a decision. Pure.

A decision gets the facts and the draft as it was asked for; it gives the draft that is to be
stored, None when there is nothing to do, or raises the refusal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from parlor.im.groups.rights import present, require, require_group, require_member, require_over
from parlor.model.errors import (
    BadRequest,
    LinkEnded,
    NotFound,
    NotMember,
    NotWanted,
    OwnerMustTransfer,
    TooManyMembers,
)
from parlor.model.event import Draft
from parlor.model.group import Join, Permission, Role
from parlor.model.ids import UserId
from parlor.model.standing import Standing


class IsInside(Exception):
    """Nobody has to let them in any more: somebody has, a moment ago."""


def invite(
    standing: Standing, draft: Draft, *, most: int, refusing: Collection[UserId] = ()
) -> Draft | None:
    """Those who are in already are left out; `most` is how many members a group may have. None
    also where the actor's guests have to wait (`guests_wait`).

    Raises NotWanted, naming them, when some of the others are `refusing` to be added.
    """
    require(standing, Permission.INVITE)
    if unwilling := [user for user in refusing if user not in standing.others]:
        raise NotWanted(f"These people do not want to be added: {', '.join(unwilling)}.")
    return None if guests_wait(standing) else _let_in(standing, draft, most)


def guests_wait(standing: Standing) -> bool:
    """Whether those whom the actor, a member, invites wait until somebody lets them in: where
    coming in needs approval, and the actor is none of those who give it."""
    settings = standing.conversation.settings
    decides = standing.member.role.at_least(settings.least_role(Permission.MANAGE_LINKS))
    return settings.join is Join.APPROVAL and not decides


def waiting(standing: Standing, members: Sequence[UserId]) -> Sequence[UserId]:
    """Those of the invited who have to wait. Raises as `invite`."""
    require(standing, Permission.INVITE)
    return [user for user in members if user not in standing.others and guests_wait(standing)]


def accept(standing: Standing, draft: Draft, *, most: int) -> Draft | None:
    """Somebody who has asked is let in. Raises NotFound when nobody asks any more."""
    require(standing, Permission.MANAGE_LINKS)
    if not present(standing, draft.members) and not standing.asking.issuperset(draft.members):
        raise NotFound("Nobody of this id asks to come in.")
    return _let_in(standing, draft, most)


def join(standing: Standing, draft: Draft, *, most: int, now_ms: int) -> Draft | None:
    """Come in by oneself. None when one is in, and when one has to ask first.

    Without a link only an open group is found: any other is NotFound, as if it were not there.
    """
    conversation, link = standing.conversation, standing.link
    if link is None and conversation.settings.join is Join.INVITE and standing.actor is None:
        raise NotFound
    if standing.actor is None and link is not None and not link.works(now_ms):
        raise LinkEnded
    require_group(conversation)
    if standing.actor is not None:
        return None
    if not conversation.member_count:
        raise NotFound("Everybody has left this group.")
    if conversation.settings.join is Join.APPROVAL:
        return None
    return _let_in(standing, draft, most)


def ask(standing: Standing, *, now_ms: int) -> None:
    """Whether somebody outside, who could not come in just now, may ask to be let in.

    Raises as `join`; IsInside; and NotMember where nobody has to ask: they were in, and others
    have removed them again since.
    """
    conversation, link = standing.conversation, standing.link
    if link is None and conversation.settings.join is Join.INVITE:
        raise NotFound
    require_group(conversation)
    if standing.actor is not None:
        raise IsInside
    if link is not None and not link.works(now_ms):
        raise LinkEnded
    if conversation.settings.join is not Join.APPROVAL:
        raise NotMember("You were let in and are out again; join with another client_id.")


def leave(standing: Standing, draft: Draft) -> Draft | None:
    """The owner leaves last, or hands the group over before; a dissolved one everybody leaves."""
    if standing.member and standing.conversation.dissolved:
        return draft
    member = require_member(standing)
    if member.role is Role.OWNER and standing.conversation.member_count > 1:
        raise OwnerMustTransfer
    return draft


def remove(standing: Standing, draft: Draft) -> Draft | None:
    """Those who are out already are left out; one who may not be removed keeps all of them in."""
    actor = require(standing, Permission.REMOVE_MEMBERS)
    gone = present(standing, draft.members)
    for member in gone:
        if member.user_id == actor.user_id:
            raise BadRequest("Nobody removes themselves; leave instead.")
        require_over(actor, member)
    if not gone:
        return None
    return msgspec.structs.replace(draft, members=tuple(member.user_id for member in gone))


def _let_in(standing: Standing, draft: Draft, most: int) -> Draft | None:
    new = tuple(user for user in draft.members if user not in standing.others)
    if not new:
        return None
    if standing.conversation.member_count + len(new) > most:
        raise TooManyMembers
    return msgspec.structs.replace(draft, members=new)
