"""Pinning: who may, and how many messages of a conversation are pinned at a time."""

from __future__ import annotations

from parlor.im.message_settings import MessageSettings
from parlor.im.rights import check_may_react, check_not_gone, is_gone, may
from parlor.model.errors import BadRequest, Forbidden, LimitReached
from parlor.model.event import Draft, EventKind
from parlor.model.group import Permission
from parlor.model.standing import Act, Standing


def decide_pin(
    act: Act, standing: Standing, now_ms: int, settings: MessageSettings, *, off: bool = False
) -> Draft | None:
    """The pin event; None when it is pinned already, or not any more. A recalled message is not.

    Neither who is muted nor who is barred pins anything: others hear of it as of a message.

    Raises NotMember, GroupDissolved, NotWanted, BadRequest, Forbidden, MessageGone, LimitReached.
    """
    check_may_react(standing, now_ms)
    target, state = standing.target, standing.state
    if target.kind is not EventKind.MESSAGE:
        raise BadRequest("Only messages are pinned.")
    if not may(standing, Permission.PIN):
        raise Forbidden("You may not pin messages here.")
    is_pinned = state is not None and state.pinned and not is_gone(standing, now_ms)
    if not off:
        check_not_gone(standing, now_ms)
    if is_pinned is not off:
        return None
    if not off and standing.pins >= settings.max_pins:
        raise LimitReached(f"At most {settings.max_pins} messages are pinned; unpin one first.")
    return Draft(
        conversation_id=act.conversation_id,
        kind=EventKind.PIN,
        sender=act.actor,
        client_id=act.client_id,
        target=target.seq,
        off=off,
    )
