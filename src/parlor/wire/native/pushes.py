"""Everything the server says without being asked, by name in `PUSHES`."""

from __future__ import annotations

import msgspec

from parlor.model.account import User
from parlor.model.call import CallView
from parlor.model.conversation import ConversationView
from parlor.model.event import Event
from parlor.model.group_link import Asked
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Scheduled
from parlor.model.self_log import Entry, SelfKind
from parlor.model.status import Presence


class PushPayload(msgspec.Struct, frozen=True):
    pass


class EventPush(PushPayload, frozen=True):
    """A new event. Best effort: a device that sees a gap in seq asks `events.list`. The connection
    that sent a message has its answer and gets none, so its own may come after later ones."""

    event: Event


class ConversationPush(PushPayload, frozen=True):
    """A conversation appeared in, or changed in, this user's list."""

    conversation: ConversationView


class ReadPush(PushPayload, frozen=True):
    """Another device of this user moved the read position."""

    conversation_id: str
    read_seq: int
    unread: int


class ReceiptPush(PushPayload, frozen=True):
    """How far the other person of a direct conversation has got and read by now
    (`model.receipt.Receipt`). Neither moves back; what is lost comes with the next, and is in
    the conversation's view."""

    conversation_id: str
    user_id: str
    delivered_seq: int
    read_seq: int


class SchedulePush(PushPayload, frozen=True):
    """One of this user's scheduled messages changed; null: it was sent or cancelled."""

    client_id: str
    scheduled: Scheduled | None


class SelfEntry(msgspec.Struct, frozen=True):
    """Something of one's own. `body` is JSON text in a shape that `kind` decides; null: it is gone.

    The newest value of `key` counts. Values that were replaced leave gaps in `seq`.
    """

    key: str
    kind: SelfKind
    seq: int
    body: str | None
    at_ms: int


class SelfPush(PushPayload, frozen=True):
    """Another device, or this one, changed something of one's own. Best effort: when `seq` does
    not follow the last one heard of, `self.list` gives what is missing."""

    entry: SelfEntry


class GroupRequestPush(PushPayload, frozen=True):
    """Somebody asks to come into a group, for those who decide; or what became of it, for them
    and for who asked or has invited. `text` is empty once it is decided."""

    conversation_id: ConversationId
    user_id: UserId
    text: str
    at_ms: int
    how: Asked
    invited_by: UserId | None = None


class CallPush(PushPayload, frozen=True):
    call: CallView


class CallSignalPush(PushPayload, frozen=True):
    call_id: str
    kind: str
    payload: str


class DeliveryPush(PushPayload, frozen=True, omit_defaults=True):
    """What a program pushed. `body_base64` is set instead of `body` when it is not UTF-8.
    JSON leaves out what is empty or 0 from `tag` on: a third of most deliveries.

    `missed` counts lossy pushes dropped for this connection since the last one it got;
    it comes in a delivery of its own, with an empty `push_id`, in the place of what was dropped.

    `epoch` and `offset` are its position in a room that keeps messages, otherwise empty and 0:
    those of the last delivery are what `since` takes. `sender` is the user who published it,
    empty for programs; `priority` is what that user gave it: "low", "high" or, normal, empty.

    `mail`: acknowledge this number with `mail.ack`, or it comes again after the next hello; 0
    when there is nothing to acknowledge. The same `push_id` may come twice: handle it once.
    """

    push_id: str
    room: str | None
    body: str
    tag: str = ""
    missed: int = 0
    body_base64: str = ""
    offset: int = 0
    sender: str = ""
    epoch: str = ""
    mail: int = 0
    priority: str = ""


class RoomPresencePush(PushPayload, frozen=True):
    """Who came to and left a room since the last of these, in rooms that tell it.

    `online` counts connections. While they are few, `named` is true, and `users` are all who are
    there, each once; in a bigger room nobody is named.
    """

    room: str
    online: int
    named: bool
    users: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class UserPush(PushPayload, frozen=True):
    """Somebody whom this user knows has changed their profile. Best effort: `version` is that of
    `profile.get`."""

    user: User
    version: str


class PresencePush(PushPayload, frozen=True):
    """How people on this connection's list (`presence.watch`) are there now. Only those for whom
    something has changed."""

    users: tuple[Presence, ...]


class TypingPush(PushPayload, frozen=True):
    """Forget it after `expires_in_s` unless it comes again, or when a message of that user comes.
    Lossy, and never stored."""

    conversation_id: str
    user_id: str
    on: bool
    expires_in_s: float


class ByePush(PushPayload, frozen=True):
    """The connection is about to be closed: `code` and `reason` as in the WebSocket close."""

    code: int
    reason: str


PUSHES: dict[str, type[PushPayload]] = {
    "event": EventPush,
    "conversation": ConversationPush,
    "read": ReadPush,
    "receipt": ReceiptPush,
    "schedule": SchedulePush,
    "self": SelfPush,
    "group.request": GroupRequestPush,
    "call": CallPush,
    "call.signal": CallSignalPush,
    "delivery": DeliveryPush,
    "room.presence": RoomPresencePush,
    "user": UserPush,
    "presence": PresencePush,
    "typing": TypingPush,
    "bye": ByePush,
}


def self_entry(entry: Entry) -> SelfEntry:
    """A stored entry as its owner's devices get it."""
    body = None if entry.body is None else entry.body.decode()
    return SelfEntry(entry.key, entry.kind, entry.seq, body, entry.at_ms)
