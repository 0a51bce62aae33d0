"""Who is mentioned where: one row for each person a message names, one for a message to everybody.

They are written with the message, for those it names alone, and looked up by one's own key: no
work grows with the members. Only the newest are kept of each person, as far back as unread
messages are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
)

from parlor.drivers.sql.message_tables import mentions
from parlor.drivers.sql.tables import conversations, members
from parlor.model.event import Event, EventKind

EVERYBODY = 0
"""No user has this number."""
KEPT_EVENTS = 2_000
"""Mentions that are further behind a person's newest are forgotten: it bounds what is looked
through, which on MariaDB is every row of the person's."""
_FORGET_OLD = delete(mentions).where(
    mentions.c.conversation_id == bindparam("talk"),
    mentions.c.user_id == bindparam("who"),
    mentions.c.seq <= bindparam("old"),
)
_PLACE = tuple_(mentions.c.conversation_id, mentions.c.user_id, mentions.c.seq)


def note_mentions(db: Connection, said: Iterable[Event]) -> None:
    """Those of messages that have just been stored. An edit mentions nobody anew."""
    rows = [
        {
            "conversation_id": int(event.conversation_id),
            "user_id": user,
            "seq": event.seq,
            "sender_id": int(event.sender),
        }
        for event in said
        if event.kind is EventKind.MESSAGE
        for user in _mentioned(event)
    ]
    if not rows:
        return
    db.execute(insert(mentions), rows)
    newest = {(row["conversation_id"], row["user_id"]): row["seq"] for row in rows}
    old = [
        {"talk": talk, "who": user, "old": seq - KEPT_EVENTS}
        for (talk, user), seq in newest.items()
        if seq > KEPT_EVENTS
    ]
    if old:
        db.execute(_FORGET_OLD, old)


def forget_mentions(db: Connection, gone: Sequence[Event]) -> None:
    """Of messages whose words are gone."""
    places = [
        (int(event.conversation_id), user, event.seq)
        for event in gone
        if event.kind is EventKind.MESSAGE
        for user in _mentioned(event)
    ]
    if places:
        db.execute(delete(mentions).where(_PLACE.in_(places)))


def forget_mentions_of(db: Connection, conversation: int, users: Sequence[int]) -> None:
    """Of those who are not in the conversation any more."""
    theirs = (mentions.c.conversation_id == conversation, mentions.c.user_id.in_(users))
    db.execute(delete(mentions).where(*theirs))


def first_mentions() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """`mentioned_me` and `mentioned_all` of the row of `members` around them: the first after the
    read position, by others, or null. Each is a look at an index."""
    me, everybody = _first(members.c.user_id), _first(EVERYBODY)
    return me.label("mentioned_me"), everybody.label("mentioned_all")


def _first(user: Any) -> ScalarSelect[Any]:
    return (
        select(func.min(mentions.c.seq))
        .where(
            mentions.c.conversation_id == conversations.c.id,
            mentions.c.user_id == user,
            mentions.c.seq > members.c.read_seq,
            mentions.c.sender_id != members.c.user_id,
        )
        .correlate(conversations, members)
        .scalar_subquery()
    )


def _mentioned(event: Event) -> Sequence[int]:
    named = [int(user) for user in dict.fromkeys(event.mentions)]
    return [*named, EVERYBODY] if event.mentions_all else named
