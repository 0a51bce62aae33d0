"""What a person wants to say, and a message that waits for its time."""

from __future__ import annotations

import msgspec

from parlor.model.ids import ConversationId, UserId


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """`expires_in_s`: so long after it was sent its text is gone; 0: never. `silent`: nobody is
    notified. `mentions_all` needs the permission."""

    text: str
    reply_to: int = 0
    mentions: tuple[UserId, ...] = ()
    mentions_all: bool = False
    silent: bool = False
    expires_in_s: int = 0


class Scheduled(msgspec.Struct, frozen=True, omit_defaults=True):
    """To be sent by `user_id` at `at_ms` (Unix ms).

    `client_id` is the one the message will have, and names it among what this user has scheduled.
    `refused`: the code of the error for which it could not
    be sent; it waits no more then, until its user has seen and cancelled it.
    """

    user_id: UserId
    conversation_id: ConversationId
    client_id: str
    at_ms: int
    said: Said
    refused: str = ""
