"""Appending to event logs: the path of every message, so its statements are kept as text.

Appends that wait for the same commit are stored together: two queries, one insert and one update
whatever their number. A statement costs more in the path around it than its row costs in the
database, and each gives up the interpreter's lock, which a busy event loop is slow to hand back.

Called by `drivers.sql.messages` inside its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, literal_column, select, update

from parlor.drivers.sql.by_keys import MOST, ByKeys
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row, row_of_event
from parlor.drivers.sql.many_rows import ManyRows
from parlor.drivers.sql.tables import conversations, events, members
from parlor.model.errors import BadRequest, NotFound, NotMember, ParlorError
from parlor.model.event import Draft, Event, event_of

# FOR UPDATE holds the conversation's row where an engine locks rows; SQLite has one writer.
_PLACES = ByKeys(
    select(members.c.conversation_id, members.c.user_id, conversations.c.last_seq)
    .join_from(members, conversations)
    .order_by(conversations.c.id)
    .with_for_update(of=conversations),
    members.c.conversation_id,
    members.c.user_id,
)
_HEADS = ByKeys(
    select(conversations.c.id, conversations.c.last_seq)
    .order_by(conversations.c.id)
    .with_for_update(),
    conversations.c.id,
)
_KNOWN = ByKeys(
    select(*EVENT_COLUMNS), events.c.conversation_id, events.c.sender_id, events.c.client_id
)
_ROWS = ManyRows(events)
_newest = select(events).where(events.c.conversation_id == conversations.c.id)
# Numbers that are part of the text: the kept statement has no parameters but its keys.
_newest = _newest.order_by(events.c.seq.desc()).limit(literal_column("1"))
_newest = _newest.offset(literal_column("0"))
_ADVANCE = ByKeys(
    update(conversations).values(
        last_seq=_newest.with_only_columns(events.c.seq).scalar_subquery(),
        active_at=_newest.with_only_columns(events.c.sent_at).scalar_subquery(),
    ),
    conversations.c.id,
)

_Key = tuple[int, int, str]


@dataclass(slots=True)
class Append:
    """One message that waits to be stored."""

    draft: Draft
    at_ms: int
    by_member: bool
    conversation: int
    sender: int
    mentions: tuple[int | None, ...]
    """None for one whose id is no number."""

    @property
    def key(self) -> _Key:
        return self.conversation, self.sender, self.draft.client_id


def append_all(
    db: Connection, appends: Sequence[Append]
) -> Sequence[tuple[Event, bool] | ParlorError]:
    """Store `appends` in their order; a refused one takes no seq and hinders no other."""
    last_seq, inside = _places(db, appends)
    known = _known(db, {append.key for append in appends if append.draft.client_id})
    outcomes: list[tuple[Event, bool] | ParlorError] = []
    rows: list[Sequence[object]] = []
    changed: dict[int, None] = {}
    for append in appends:
        draft, conversation = append.draft, append.conversation
        newest = last_seq.get(conversation)
        if newest is None:
            outcomes.append(NotFound("There is no such conversation."))
            continue
        if append.by_member and (conversation, append.sender) not in inside:
            outcomes.append(NotMember())
            continue
        first = known.get(append.key) if draft.client_id else None
        if first is not None:
            outcomes.append((first, False))
            continue
        if not 0 <= draft.reply_to <= newest:
            outcomes.append(BadRequest("There is no such message to reply to."))
            continue
        if append.mentions and not all((conversation, user) in inside for user in append.mentions):
            outcomes.append(BadRequest("Only members of the conversation can be mentioned."))
            continue
        event = event_of(draft, newest + 1, append.at_ms)
        last_seq[conversation] = event.seq
        changed[conversation] = None
        rows.append(tuple(row_of_event(event).values()))
        known[append.key] = event
        outcomes.append((event, True))
    if rows:
        _ROWS.insert(db, rows)
        for some in _pieces(list(changed)):
            _ADVANCE.run(db, some)
    return outcomes


def _places(
    db: Connection, appends: Sequence[Append]
) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """The last seq of each conversation that exists, and which (conversation, user) are in it."""
    pairs = {(append.conversation, append.sender) for append in appends}
    for append in appends:
        if append.mentions:
            pairs.update(
                (append.conversation, user) for user in append.mentions if user is not None
            )
    last_seq: dict[int, int] = {}
    inside: set[tuple[int, int]] = set()
    for some in _pieces(list(pairs)):
        for conversation, user, seq in _PLACES.rows(db, some):
            inside.add((conversation, user))
            last_seq[conversation] = seq
    others = {conversation for conversation, _ in pairs} - last_seq.keys()
    for some in _pieces(list(others)):
        last_seq.update((number, seq) for number, seq in _HEADS.rows(db, some))
    return last_seq, inside


def _known(db: Connection, keys: set[_Key]) -> dict[_Key, Event]:
    return {
        (row[0], row[3], row[5]): event_of_row(row)
        for some in _pieces(list(keys))
        for row in _KNOWN.rows(db, some)
    }


def _pieces(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (keys[start : start + MOST] for start in range(0, len(keys), MOST))
