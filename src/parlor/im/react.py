"""Reactions: how many of them one message takes, from all and from one person."""

from __future__ import annotations

from parlor.im.message_settings import MessageSettings
from parlor.im.rights import check_may_react, check_not_gone
from parlor.model.errors import BadRequest, LimitReached
from parlor.model.event import Draft, EventKind
from parlor.model.standing import Act, Standing


def decide_reaction(
    act: Act,
    emoji: str,
    standing: Standing,
    now_ms: int,
    settings: MessageSettings,
    *,
    off: bool = False,
) -> Draft | None:
    """The reaction event; None when it is there already, or taken back already.

    Raises NotMember, BadRequest, Forbidden, NotWanted, GroupDissolved, MessageGone, LimitReached.
    """
    target = standing.target
    if target.kind is not EventKind.MESSAGE:
        raise BadRequest("Only messages take reactions.")
    check_not_gone(standing, now_ms)
    check_may_react(standing, now_ms)
    if off != (emoji in standing.reactions):
        return None
    if not off:
        _check_room_for(emoji, standing, settings)
    return Draft(
        conversation_id=act.conversation_id,
        kind=EventKind.REACTION,
        sender=act.actor,
        client_id=act.client_id,
        target=target.seq,
        emoji=emoji,
        off=off,
    )


def _check_room_for(emoji: str, standing: Standing, settings: MessageSettings) -> None:
    if len(standing.reactions) >= settings.max_reactions_of_user:
        raise LimitReached(
            f"One person gives a message at most {settings.max_reactions_of_user} reactions."
        )
    given = () if standing.state is None else standing.state.reactions
    kinds = {reaction.emoji for reaction in given}
    if emoji not in kinds and len(kinds) >= settings.max_reaction_kinds:
        raise LimitReached(
            f"A message has at most {settings.max_reaction_kinds} different reactions."
        )
