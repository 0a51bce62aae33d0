"""One entry of a conversation's log. Replaying the log gives the conversation."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import CallId, ConversationId, EventId, UserId


class EventKind(StrEnum):
    CREATED = "created"
    MESSAGE = "message"
    JOINED = "joined"
    LEFT = "left"
    TITLE = "title"
    CALL = "call"


class CallOutcome(StrEnum):
    ANSWERED = "answered"
    MISSED = "missed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    BUSY = "busy"
    FAILED = "failed"


class CallRecord(msgspec.Struct, frozen=True):
    """How a call ended. `duration_s` counts from answer to hang-up, 0 when never answered."""

    call_id: CallId
    caller: UserId
    media: str
    outcome: CallOutcome
    duration_s: int = 0


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """`seq` is dense within the conversation, from 1. `sent_at` is Unix time in milliseconds.

    Only the fields of its kind are set: `text` (with `reply_to`, `mentions`) for a message,
    `members` for created, joined and left, `title` for created and title, `call` for call.
    """

    conversation_id: ConversationId
    seq: int
    id: EventId
    kind: EventKind
    sender: UserId
    sent_at: int
    client_id: str = ""
    text: str = ""
    reply_to: int = 0
    mentions: tuple[UserId, ...] = ()
    members: tuple[UserId, ...] = ()
    title: str = ""
    call: CallRecord | None = None


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event before it has a place in the log: what the sender says, nothing the store adds.

    `client_id` is unique per (conversation, sender) for good: the same one again is the same
    event. An empty `client_id` (events the server makes) is never compared.
    """

    conversation_id: ConversationId
    kind: EventKind
    sender: UserId
    client_id: str = ""
    text: str = ""
    reply_to: int = 0
    mentions: tuple[UserId, ...] = ()
    members: tuple[UserId, ...] = ()
    title: str = ""
    call: CallRecord | None = None
