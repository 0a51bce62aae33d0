"""Taking a message back: one's own for a while, everybody's as an administrator."""

from __future__ import annotations

from parlor.im.message_settings import MessageSettings
from parlor.im.rights import check_alive, may
from parlor.model.errors import BadRequest, Forbidden, MessageGone, TooLate
from parlor.model.event import Draft, EventKind, has_expired
from parlor.model.group import Permission
from parlor.model.standing import Act, Standing


def decide_recall(
    act: Act, standing: Standing, now_ms: int, settings: MessageSettings
) -> Draft | None:
    """The recall event; None when the message was recalled before, whoever did it.

    Somebody who is muted may still take back what they said.

    Raises NotMember, GroupDissolved, BadRequest, Forbidden (another's message), MessageGone (it
    has expired), TooLate.
    """
    check_alive(standing)
    target, state = standing.target, standing.state
    if target.kind is not EventKind.MESSAGE:
        raise BadRequest("Only messages can be recalled.")
    if state is not None and state.recalled_by:
        return None
    if has_expired(target, now_ms):
        raise MessageGone
    if not may(standing, Permission.RECALL_OTHERS):
        if target.sender != act.actor:
            raise Forbidden("Only who wrote a message, or an administrator, can recall it.")
        if now_ms - target.sent_at > settings.recall_window_s * 1000:
            raise TooLate("It is too late to recall this message.")
    return Draft(
        conversation_id=act.conversation_id,
        kind=EventKind.RECALL,
        sender=act.actor,
        client_id=act.client_id,
        target=target.seq,
    )
