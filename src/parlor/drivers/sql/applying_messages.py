"""What edits, recalls, reactions and pins change: the states of the messages they are about.

One function per kind, called by `applying` in the event's transaction, which holds the
conversation's row: nobody else changes its messages meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row, row_of_erased
from parlor.drivers.sql.file_uses import forget_uses
from parlor.drivers.sql.mentions import forget_mentions
from parlor.drivers.sql.message_tables import expiring, message_states, reactions
from parlor.drivers.sql.search_entries import forget_words, reword
from parlor.drivers.sql.state_rows import (
    FIRST_USERS,
    reactions_of,
    state_of_row,
    stored_reactions,
    stored_seqs,
)
from parlor.drivers.sql.tables import events
from parlor.model.event import Event, EventKind
from parlor.model.ids import UserId
from parlor.model.message_state import Reaction

_EMPTY_ROW = {"text": None, "edits": "", "recalled_by": None, "pinned_seq": 0, "reactions": ""}
_TAKE_WORDS = (
    update(events)
    .where(events.c.conversation_id == bindparam("in_id"), events.c.seq == bindparam("at_seq"))
    .values(kind=bindparam("new_kind"), text=bindparam("new_text"), rest=bindparam("new_rest"))
)


def take_words(db: Connection, conversation: int, seqs: Sequence[int]) -> None:
    """What these events said is gone, from the index too; the events stay."""
    forget_words(db, conversation, seqs)
    found = db.execute(
        select(*EVENT_COLUMNS).where(
            events.c.conversation_id == conversation, events.c.seq.in_(seqs)
        )
    )
    said = [event_of_row(row) for row in found]
    rows = [row_of_erased(event) for event in said]
    if rows:
        forget_mentions(db, said)
        forget_uses(db, said)
        db.execute(
            _TAKE_WORDS,
            [
                {
                    "in_id": conversation,
                    "at_seq": row["seq"],
                    "new_kind": row["kind"],
                    "new_text": row["text"],
                    "new_rest": row["rest"],
                }
                for row in rows
            ],
        )


def expect_expiry(db: Connection, said: Sequence[Event]) -> None:
    """Note those of `said` that are to expire."""
    rows = [
        {
            "expires_at": event.expires_at,
            "conversation_id": int(event.conversation_id),
            "seq": event.seq,
        }
        for event in said
        if event.expires_at
    ]
    if rows:
        db.execute(insert(expiring), rows)


def _edit(db: Connection, event: Event) -> None:
    row = _row(db, event)
    edits = () if row is None else state_of_row(row).edits
    reword(db, int(event.conversation_id), event.target, event.text)
    _change(db, event, row, text=event.text, edits=stored_seqs((*edits, event.seq)))
    expect_expiry(db, [event])


def _recall(db: Connection, event: Event) -> None:
    """With the text go all its versions: an edit that can still be read is what was recalled."""
    row = _row(db, event)
    edits = () if row is None else state_of_row(row).edits
    take_words(db, int(event.conversation_id), [event.target, *edits])
    db.execute(delete(reactions).where(*_of_target(reactions.c, event)))
    _change(db, event, row, **{**_EMPTY_ROW, "recalled_by": int(event.sender)})


def _pin(db: Connection, event: Event) -> None:
    _change(db, event, _row(db, event), pinned_seq=0 if event.off else event.seq)


def _reaction(db: Connection, event: Event) -> None:
    row, who = _row(db, event), int(event.sender)
    given = () if row is None else reactions_of(row.reactions)
    mine = (*_of_target(reactions.c, event), reactions.c.emoji == event.emoji)
    if event.off:
        db.execute(delete(reactions).where(*mine, reactions.c.user_id == who))
        first = db.execute(
            select(reactions.c.user_id).where(*mine).order_by(reactions.c.at_seq).limit(FIRST_USERS)
        ).scalars()
        now = _fewer(given, event.emoji, tuple(UserId(str(user)) for user in first))
    else:
        db.execute(
            insert(reactions),
            {
                "conversation_id": int(event.conversation_id),
                "seq": event.target,
                "emoji": event.emoji,
                "user_id": who,
                "at_seq": event.seq,
            },
        )
        now = _more(given, event.emoji, event.sender)
    _change(db, event, row, reactions=stored_reactions(now))


def _more(given: tuple[Reaction, ...], emoji: str, user: UserId) -> tuple[Reaction, ...]:
    if all(reaction.emoji != emoji for reaction in given):
        return (*given, Reaction(emoji, 1, (user,)))
    return tuple(
        Reaction(emoji, reaction.count + 1, (*reaction.users, user)[:FIRST_USERS])
        if reaction.emoji == emoji
        else reaction
        for reaction in given
    )


def _fewer(
    given: tuple[Reaction, ...], emoji: str, first: tuple[UserId, ...]
) -> tuple[Reaction, ...]:
    changed = (
        Reaction(emoji, reaction.count - 1, first) if reaction.emoji == emoji else reaction
        for reaction in given
    )
    return tuple(reaction for reaction in changed if reaction.count)


def _row(db: Connection, event: Event) -> AnyRow | None:
    wanted = select(message_states).where(*_of_target(message_states.c, event))
    return db.execute(wanted).first()


def _change(db: Connection, event: Event, row: AnyRow | None, **values: object) -> None:
    values["changed_seq"] = event.seq
    if row is not None:
        mine = _of_target(message_states.c, event)
        db.execute(update(message_states).where(*mine).values(**values))
        return
    place = {"conversation_id": int(event.conversation_id), "seq": event.target}
    db.execute(insert(message_states), {**place, **_EMPTY_ROW, **values})


def _of_target(columns: Any, event: Event) -> tuple[Any, Any]:
    return columns.conversation_id == int(event.conversation_id), columns.seq == event.target


CHANGES: Mapping[EventKind, Callable[[Connection, Event], None]] = {
    EventKind.EDIT: _edit,
    EventKind.RECALL: _recall,
    EventKind.PIN: _pin,
    EventKind.REACTION: _reaction,
}
