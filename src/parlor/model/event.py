"""One entry of a conversation's log. Replaying the log gives the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from parlor.model.file import AttachedFile
from parlor.model.group import GroupSettings, Role
from parlor.model.ids import CallId, ConversationId, EventId, UserId, event_id

FOREVER = (1 << 53) - 1
"""An `until` that never comes; the largest number that every client can hold."""


class EventKind(StrEnum):
    CREATED = "created"
    MESSAGE = "message"
    JOINED = "joined"
    LEFT = "left"
    TITLE = "title"
    CALL = "call"
    EDIT = "edit"
    RECALL = "recall"
    REACTION = "reaction"
    PIN = "pin"
    ROLE = "role"
    MUTE = "mute"
    SETTINGS = "settings"
    ANNOUNCEMENT = "announcement"
    AVATAR = "avatar"
    DISSOLVED = "dissolved"


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


class Forwarded(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as it was where it came from: by whom, when (Unix ms), what it said.

    `text` and `file` are empty where the message that carries this has them itself.
    """

    sender: UserId
    sent_at: int
    text: str = ""
    file: AttachedFile | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """`seq` is dense within the conversation, from 1. `sent_at` is Unix time in milliseconds.

    Only the fields of its kind are set:

    - message: `text` (may be empty with a `file`), `file`, `reply_to`, `mentions`, `mentions_all`,
      `forwarded`, `merged`, `silent` (no sound and no notification), `expires_at` (Unix ms, 0
      never; afterwards what it says is gone);
    - edit: `target` and the new `text` with `mentions`; recall: `target`, whose text is gone;
    - reaction: `target`, `emoji`, `off` when it was taken back; pin: `target`, `off`;
    - created, joined, left: `members`, and created a `title`. Somebody who left by themselves is
      the sender; another sender has removed them;
    - role: `members` and the `role` they have now; an owner among them: the sender's ends;
    - mute: `members` (empty: everybody below administrator) `until` (Unix ms), `off`;
    - title, announcement (`text`), avatar, settings, call: what is named so; dissolved: nothing.
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
    target: int = 0
    emoji: str = ""
    off: bool = False
    role: Role | None = None
    until: int = 0
    settings: GroupSettings | None = None
    forwarded: Forwarded | None = None
    merged: tuple[Forwarded, ...] = ()
    silent: bool = False
    expires_at: int = 0
    mentions_all: bool = False
    avatar: str = ""
    file: AttachedFile | None = None


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event before it has a place in the log: what the sender says, nothing the store adds.

    `client_id` is unique per (conversation, sender) for good: the same one again is the same
    event. An empty `client_id` (events the server makes) is never compared.

    From `client_id` on the fields are those of Event, in the same order. They stand in both, as a
    common base would put them before `seq`, and an event is an array of its fields in MessagePack.
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
    target: int = 0
    emoji: str = ""
    off: bool = False
    role: Role | None = None
    until: int = 0
    settings: GroupSettings | None = None
    forwarded: Forwarded | None = None
    merged: tuple[Forwarded, ...] = ()
    silent: bool = False
    expires_at: int = 0
    mentions_all: bool = False
    avatar: str = ""
    file: AttachedFile | None = None


def wordless(event: Event) -> Event:
    """`event` without anything that was said in it: what is kept when it is recalled or expires."""
    return msgspec.structs.replace(
        event,
        text="",
        reply_to=0,
        mentions=(),
        mentions_all=False,
        forwarded=None,
        merged=(),
        file=None,
    )


def files_of(said: Event | Draft) -> Sequence[AttachedFile]:
    """Its own and those of the messages that it carries; of an event without words, none."""
    if said.file is None and not said.merged:
        return ()
    own = () if said.file is None else (said.file,)
    return (*own, *(one.file for one in said.merged if one.file is not None))


def has_expired(event: Event, now_ms: int) -> bool:
    return 0 < event.expires_at <= now_ms


def readable(event: Event, now_ms: int) -> Event:
    """What may still be shown of it: the store takes away a little later what has expired."""
    return wordless(event) if has_expired(event, now_ms) else event


def event_of(draft: Draft, seq: int, at_ms: int) -> Event:
    """`draft` in its place."""
    talk, kind, sender, *said = msgspec.structs.astuple(draft)
    return Event(talk, seq, event_id(talk, seq), kind, sender, at_ms, *said)
