"""What a person wants to say, checked before anything is stored: text, mentions, times.

Called by `send` for what is said at once and by `schedule` for what is said later, so that a
scheduled message is refused when it is written and not when it is due.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parlor.model.errors import BadRequest
from parlor.model.event import Draft, EventKind
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Said
from parlor.model.text import check_text


def check_said(said: Said, *, max_mentions: int, max_expiry_s: int, has_file: bool = False) -> Said:
    """`said` as it may be stored; beside a file it may be empty.

    Raises EmptyText, TextTooLong, BadText, BadRequest.
    """
    if not 0 <= said.expires_in_s <= max_expiry_s:
        raise BadRequest(f"A message may expire after 1 to {max_expiry_s} seconds.")
    return msgspec.structs.replace(
        said,
        text="" if has_file and not said.text else check_text(said.text),
        mentions=check_mentions(said.mentions, max_mentions),
    )


def draft_of(
    said: Said, conversation: ConversationId, sender: UserId, client_id: str, now_ms: int
) -> Draft:
    """`said`, which is sent now."""
    return Draft(
        conversation_id=conversation,
        kind=EventKind.MESSAGE,
        sender=sender,
        client_id=client_id,
        text=said.text,
        reply_to=said.reply_to,
        mentions=said.mentions,
        mentions_all=said.mentions_all,
        silent=said.silent,
        expires_at=now_ms + said.expires_in_s * 1000 if said.expires_in_s else 0,
    )


def check_mentions(mentions: Sequence[UserId], most: int) -> tuple[UserId, ...]:
    """Each once, in their order. Raises BadRequest for too many, and for what is no id.

    Whether they are members is the store's to know.
    """
    if not mentions:
        return ()
    mentioned = tuple(dict.fromkeys(mentions))
    if len(mentioned) > most:
        raise BadRequest(f"A message mentions at most {most} people.")
    if not all(user.isascii() and user.isdigit() for user in mentioned):
        raise BadRequest("Only members of the conversation can be mentioned.")
    return mentioned
