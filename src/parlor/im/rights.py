"""Who may do what in a conversation: pure questions about a `Standing`.

Called by the deciding functions of this package, inside the transaction that stores the act.
"""

from __future__ import annotations

from parlor.model.conversation import ConversationKind
from parlor.model.errors import Forbidden, GroupDissolved, MessageGone, NotWanted
from parlor.model.event import has_expired
from parlor.model.group import Permission
from parlor.model.speaking import check_may_speak
from parlor.model.standing import Standing

_OF_BOTH = frozenset({Permission.SEND, Permission.PIN, Permission.SEE_MEMBERS})
"""What each of the two people of a direct conversation may do."""


def may(standing: Standing, permission: Permission) -> bool:
    """Raises NotMember."""
    member, conversation = standing.member, standing.conversation
    if conversation.kind is ConversationKind.DIRECT:
        return permission in _OF_BOTH
    return member.role.at_least(conversation.settings.least_role(permission))


def check_alive(standing: Standing) -> None:
    """Something may still happen here. Raises NotMember, GroupDissolved."""
    if standing.member and standing.conversation.dissolved:
        raise GroupDissolved


def check_may_react(standing: Standing, now_ms: int) -> None:
    """Or pin, if they may pin. Also the readers of a channel may; not who is muted or barred.

    Raises NotMember, GroupDissolved, NotWanted, Forbidden.
    """
    check_alive(standing)
    member = standing.member
    if member.barred:
        raise NotWanted
    if now_ms < member.muted_until:
        raise Forbidden("You are muted in this group.")


def check_may_write(standing: Standing, now_ms: int) -> None:
    """What a message must pass, but for slow mode. Raises as `check_may_react`."""
    check_may_react(standing, now_ms)
    member, conversation = standing.member, standing.conversation
    check_may_speak(
        conversation.settings,
        member.role,
        dissolved=conversation.dissolved,
        muted_until=member.muted_until,
        said_at=0,
        now_ms=now_ms,
    )


def is_gone(standing: Standing, now_ms: int) -> bool:
    """The target was recalled or has expired: nobody can read it any more."""
    state = standing.state
    return (state is not None and state.recalled_by != "") or has_expired(standing.target, now_ms)


def check_not_gone(standing: Standing, now_ms: int) -> None:
    """Raises BadRequest (there is no such message), MessageGone."""
    if is_gone(standing, now_ms):
        raise MessageGone
