"""What the index has of a conversation: adding what was said, taking out what is not said any more.

Everything here begins by holding the row of the conversation's position. So an event is indexed
once, with what it says then; and whoever changes afterwards what it says changes the index in the
same transaction (`reword`, `forget_words`). What changes before is found changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row
from parlor.drivers.sql.many_rows import ManyRows
from parlor.drivers.sql.message_tables import message_states
from parlor.drivers.sql.search_tables import search_positions, search_words
from parlor.drivers.sql.tables import events
from parlor.model.event import Event
from parlor.model.search_query import indexed_words

MAX_WORDS = 4_000
"""Rows of one conversation in one transaction, and those of one more message: 10 to 40 ms."""
MAX_EMPTIED = 10_000
_ANEW = -1
_WORDS_AT_ONCE = 500
_ROWS = ManyRows(search_words)

_SAYS = (message_states.c.conversation_id == events.c.conversation_id) & (
    message_states.c.seq == events.c.seq
)
_READ = select(*EVENT_COLUMNS, message_states.c.text.label("now")).select_from(
    events.outerjoin(message_states, _SAYS)
)
_NEXT = (
    _READ.where(events.c.conversation_id == bindparam("id"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("most"))
)
_POSITION = (
    select(search_positions.c.seq)
    .where(search_positions.c.conversation_id == bindparam("id"))
    .with_for_update()
)
_MOVE = (
    update(search_positions)
    .where(search_positions.c.conversation_id == bindparam("number"))
    .values(seq=bindparam("upto"))
)
_TAKE_OUT = delete(search_words).where(
    search_words.c.conversation_id == bindparam("id"),
    search_words.c.word.in_(bindparam("words", expanding=True)),
    search_words.c.at_ms == bindparam("at"),
    search_words.c.seq == bindparam("number"),
)


def add_next(db: Connection, conversation: int, max_events: int) -> tuple[int, bool]:
    """Index what follows. (events looked at, whether there may be more)."""
    position = hold(db, conversation)
    if position < 0:
        _empty_some(db, conversation)
        return 0, True
    wanted = {"id": conversation, "after": position, "most": max_events}
    rows: list[tuple[int, str, int, int]] = []
    found = db.execute(_NEXT, wanted).all()
    passed = 0
    for row in found:
        if len(rows) >= MAX_WORDS:
            break
        event = event_of_row(row[:-1])
        rows += _rows(event, indexed_words(event, row.now))
        passed += 1
        position = event.seq
    if passed:
        _ROWS.insert(db, rows)
        db.execute(_MOVE, {"number": conversation, "upto": position})
    return passed, passed < len(found) or len(found) == max_events


def reword(db: Connection, conversation: int, seq: int, text: str) -> None:
    """A message says `text` from now on. Call it before its state is changed."""
    if hold(db, conversation) < seq:
        return
    for event, before in _said(db, conversation, [seq]):
        old, new = indexed_words(event, before), indexed_words(event, text)
        _take_out(db, event, old - new)
        _ROWS.insert(db, _rows(event, new - old))


def forget_words(db: Connection, conversation: int, seqs: Sequence[int]) -> None:
    """These events say nothing any more, or go. Call it before that is done."""
    hold(db, conversation)
    for event, now in _said(db, conversation, seqs):
        _take_out(db, event, indexed_words(event, now))


def hold(db: Connection, conversation: int) -> int:
    """How far the index of it is. Nobody else moves it before the commit."""
    position: int | None = db.execute(_POSITION, {"id": conversation}).scalar()
    if position is None:
        # Of two who come first together, the unique key makes one begin again.
        db.execute(insert(search_positions), {"conversation_id": conversation, "seq": 0})
        return 0
    return position


def renew(db: Connection, conversation: int) -> None:
    """As `ports.search.SearchIndex.renew`. What is there is found until it is taken out."""
    hold(db, conversation)
    db.execute(_MOVE, {"number": conversation, "upto": _ANEW})


def _empty_some(db: Connection, conversation: int) -> None:
    """Take out about `MAX_EMPTIED` words; the position says when none is left."""
    columns = search_words.c
    mine = columns.conversation_id == conversation
    order = (columns.word, columns.at_ms, columns.seq)
    wanted = select(*order).where(mine).order_by(*order).limit(1).offset(MAX_EMPTIED - 1)
    last = db.execute(wanted).first()
    if last is None:
        db.execute(delete(search_words).where(mine))
        db.execute(_MOVE, {"number": conversation, "upto": 0})
        return
    upto = or_(columns.word < last.word, columns.at_ms <= last.at_ms)
    db.execute(delete(search_words).where(mine, columns.word <= last.word, upto))


def _said(db: Connection, conversation: int, seqs: Sequence[int]) -> list[tuple[Event, str | None]]:
    found: list[tuple[Event, str | None]] = []
    for start in range(0, len(seqs), _WORDS_AT_ONCE):
        some = seqs[start : start + _WORDS_AT_ONCE]
        wanted = _READ.where(events.c.conversation_id == conversation, events.c.seq.in_(some))
        found += [(event_of_row(row[:-1]), row.now) for row in db.execute(wanted)]
    return found


def _take_out(db: Connection, event: Event, words: Iterable[str]) -> None:
    gone = sorted(words)
    for start in range(0, len(gone), _WORDS_AT_ONCE):
        some: dict[str, Any] = {"words": gone[start : start + _WORDS_AT_ONCE]}
        where = {"id": int(event.conversation_id), "at": event.sent_at, "number": event.seq}
        db.execute(_TAKE_OUT, some | where)


def _rows(event: Event, words: Iterable[str]) -> list[tuple[int, str, int, int]]:
    # In the order of the key: neighbours are written together.
    place = (event.sent_at, event.seq)
    return [(int(event.conversation_id), word, *place) for word in sorted(words)]
