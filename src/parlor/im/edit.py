"""Editing a message: who may, for how long, how often."""

from __future__ import annotations

from parlor.im.message_settings import MessageSettings
from parlor.im.rights import check_may_write, check_not_gone
from parlor.model.errors import BadRequest, Forbidden, LimitReached, TooLate
from parlor.model.event import Draft, EventKind
from parlor.model.ids import UserId
from parlor.model.standing import Act, Standing


def decide_edit(
    act: Act, text: str, standing: Standing, now_ms: int, settings: MessageSettings
) -> Draft | None:
    """The edit event; None when the message says `text` already. `act.about` are the mentions.

    Only who wrote it, and may still write here. What was forwarded is nobody's to change. The
    event expires when its message does.

    Raises NotMember, BadRequest, Forbidden, NotWanted, GroupDissolved, MessageGone, TooLate,
    LimitReached.
    """
    target, state = standing.target, standing.state
    if target.kind is not EventKind.MESSAGE:
        raise BadRequest("Only messages can be edited.")
    if target.sender != act.actor:
        raise Forbidden("Only who wrote a message can edit it.")
    check_not_gone(standing, now_ms)
    if target.forwarded is not None or target.merged:
        raise Forbidden("What was forwarded stays as it was.")
    check_may_write(standing, now_ms)
    if settings.edit_window_s and now_ms - target.sent_at > settings.edit_window_s * 1000:
        raise TooLate("It is too late to edit this message.")
    edits = () if state is None else state.edits
    if len(edits) >= settings.max_edits:
        raise LimitReached(f"A message is edited at most {settings.max_edits} times.")
    _check_mentions(act.about, standing)
    said = target.text if state is None or state.text is None else state.text
    if text == said:
        return None
    return Draft(
        conversation_id=act.conversation_id,
        kind=EventKind.EDIT,
        sender=act.actor,
        client_id=act.client_id,
        text=text,
        mentions=act.about,
        target=target.seq,
        expires_at=target.expires_at,
    )


def _check_mentions(mentions: tuple[UserId, ...], standing: Standing) -> None:
    if not all(user in standing.others for user in mentions):
        raise BadRequest("Only members of the conversation can be mentioned.")
