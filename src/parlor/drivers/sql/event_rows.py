"""Events <-> rows of the `events` table.

`text` is a column of its own, because it is searched; what only some kinds of event have is
one compact JSON value, absent for an ordinary message. A message that says nothing any more has a
kind of its own here, so that queries know it: to everybody else it is still a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple, fields

from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.tables import events
from parlor.model.event import Event, EventKind, wordless
from parlor.model.ids import ConversationId, UserId, event_id

_AT_REST = Event.__struct_fields__.index("text") + 1
_Rest: Any = msgspec.defstruct(
    "_Rest",
    [(field.name, field.type, field.default) for field in fields(Event)[_AT_REST:]],
    frozen=True,
    omit_defaults=True,
)
"""All fields of Event behind `text`, in their order."""
_NOTHING = list(astuple(_Rest()))
_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(_Rest).decode
_ERASED = "erased"
_KINDS = {kind.value: kind for kind in EventKind} | {_ERASED: EventKind.MESSAGE}

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
    return Event(
        conversation,
        seq,
        event_id(conversation, seq),
        _KINDS[kind],
        UserId(str(sender)),
        sent_at,
        client_id or "",
        text,
        *(astuple(_decode(rest)) if rest else ()),
    )


def row_of_event(event: Event) -> Mapping[str, object]:
    """Ids must be canonical numbers: the caller has looked them up."""
    conversation, seq, _, kind, sender, sent_at, client_id, text, *rest = astuple(event)
    return {
        "conversation_id": int(conversation),
        "seq": seq,
        "kind": kind.value,
        "sender_id": int(sender),
        "sent_at": sent_at,
        "client_id": client_id or None,
        "text": text,
        "rest": None if rest == _NOTHING else _encode(_Rest(*rest)),
    }


def row_of_erased(event: Event) -> Mapping[str, object]:
    """What stays of `event` once it is recalled or has expired."""
    row = row_of_event(wordless(event))
    return {**row, "kind": _ERASED} if event.kind is EventKind.MESSAGE else row
