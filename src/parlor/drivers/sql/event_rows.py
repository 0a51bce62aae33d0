"""Events <-> rows of the `events` table.

`text` is a column of its own, because it is searched; what only some kinds of event have is
one compact JSON value, absent for an ordinary message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.tables import events
from parlor.model.event import CallRecord, Event, EventKind, Forwarded
from parlor.model.file import AttachedFile
from parlor.model.group import GroupSettings, Role
from parlor.model.ids import ConversationId, UserId, event_id


class _Rest(msgspec.Struct, frozen=True, omit_defaults=True):
    # First: unread messages are told by what this begins with (`views`).
    file: AttachedFile | None = None
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


_FIELDS = _Rest.__struct_fields__
_EMPTY = _Rest()
_rest_of = attrgetter(*_FIELDS)
_encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(_Rest)

EVENT_COLUMNS: Sequence[Any] = (
    events.c.conversation_id,
    events.c.seq,
    events.c.kind,
    events.c.sender_id,
    events.c.sent_at,
    events.c.client_id,
    events.c.text,
    events.c.rest,
)
"""What `event_of_row` expects, in this order."""


def event_of_row(row: AnyRow | Sequence[Any]) -> Event:
    conversation_number, seq, kind, sender, sent_at, client_id, text, rest = row
    conversation = ConversationId(str(conversation_number))
    event = Event(
        conversation_id=conversation,
        seq=seq,
        id=event_id(conversation, seq),
        kind=EventKind(kind),
        sender=UserId(str(sender)),
        sent_at=sent_at,
        client_id=client_id or "",
        text=text,
    )
    if not rest:
        return event
    extra = _decoder.decode(rest)
    return msgspec.structs.replace(event, **{name: getattr(extra, name) for name in _FIELDS})


def row_of_event(event: Event) -> Mapping[str, object]:
    """Ids must be canonical numbers: the caller has looked them up."""
    rest = _Rest(*_rest_of(event))
    return {
        "conversation_id": int(event.conversation_id),
        "seq": event.seq,
        "kind": event.kind.value,
        "sender_id": int(event.sender),
        "sent_at": event.sent_at,
        "client_id": event.client_id or None,
        "text": event.text,
        "rest": None if rest == _EMPTY else _encode(rest),
    }
