"""What an event changes beside the log: one function per kind, in the event's transaction.

`im.replay` is the same in plain Python; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, update

from parlor.drivers.sql import applying_messages
from parlor.drivers.sql.audit import record
from parlor.drivers.sql.group_changes import GROUP_CHANGES
from parlor.drivers.sql.tables import conversations
from parlor.model.audit import entry_of
from parlor.model.event import Event, EventKind


def apply(db: Connection, event: Event) -> None:
    """The conversation's last_seq and active_at are set already."""
    change = _CHANGES.get(event.kind)
    if change is not None:
        change(db, event)
    entry = entry_of(event)
    if entry is not None:
        record(db, entry)


def _title(db: Connection, event: Event) -> None:
    number = int(event.conversation_id)
    db.execute(update(conversations).where(conversations.c.id == number).values(title=event.title))


_CHANGES: Mapping[EventKind, Callable[[Connection, Event], None]] = {
    EventKind.TITLE: _title,
    **applying_messages.CHANGES,
    **GROUP_CHANGES,
}
"""Kinds that are missing change nothing but the log."""
