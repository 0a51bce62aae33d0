"""What one person makes of a conversation, a message, a thought not yet sent."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import ConversationId, DeviceId


class Notify(StrEnum):
    """What in a conversation is worth a sound and a notification. Everything is counted."""

    ALL = "all"
    MENTIONS = "mentions"
    NOTHING = "nothing"


class OwnConversation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of a self log's entry about a conversation.

    Hidden from the list until a message or a call comes after `hidden_seq`; so is a direct one that
    the other person has begun. `unread_mark`: to be shown as unread although it has been read.
    """

    read_seq: int = 0
    pinned: bool = False
    notify: Notify = Notify.ALL
    hidden_seq: int = 0
    unread_mark: bool = False


class Arrangement(msgspec.Struct, frozen=True):
    """What to change about a conversation for oneself; None leaves it as it is."""

    pinned: bool | None = None
    notify: Notify | None = None
    hidden: bool | None = None
    unread_mark: bool | None = None


def arranged(own: OwnConversation, wish: Arrangement, last_seq: int) -> OwnConversation:
    """`own` after `wish`, in a conversation whose last event is `last_seq`."""
    hidden_seq = own.hidden_seq
    if wish.hidden is not None:
        hidden_seq = last_seq if wish.hidden else 0
    return OwnConversation(
        own.read_seq,
        own.pinned if wish.pinned is None else wish.pinned,
        own.notify if wish.notify is None else wish.notify,
        hidden_seq,
        own.unread_mark if wish.unread_mark is None else wish.unread_mark,
    )


def read_up_to(own: OwnConversation, seq: int) -> OwnConversation:
    """`own` after everything up to `seq` was read. Never back; reading takes the mark off."""
    read_seq = max(own.read_seq, seq)
    return msgspec.structs.replace(own, read_seq=read_seq, unread_mark=False)


class OwnDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an entry about something not yet sent; `device` is where it was written."""

    text: str
    reply_to: int = 0
    device: DeviceId = DeviceId("")


class OwnStar(msgspec.Struct, frozen=True):
    """The body of an entry about a starred message."""

    conversation_id: ConversationId
    seq: int
