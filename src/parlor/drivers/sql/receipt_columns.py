"""Who lets others know what they have read, how far a person's devices have got, and from whom
both are kept, as parts of other queries. Used by the SQL drivers of conversations and deliveries.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    and_,
    case,
    exists,
    func,
    select,
    true,
)

from parlor.drivers.sql.people_tables import blocks
from parlor.drivers.sql.self_tables import deliveries
from parlor.drivers.sql.tables import conversations, members, users

_KEEPS_IT = '"read_receipts":false'


_low, _high = users.alias("low_user"), users.alias("high_user")


def with_both_sides(joined: FromClause) -> FromClause:
    """`joined`, which has `conversations`, with the two people of a direct one: what
    `sends_receipts` looks at. It has as many rows as before."""
    return joined.outerjoin(_low, _low.c.id == conversations.c.low_user_id).outerjoin(
        _high, _high.c.id == conversations.c.high_user_id
    )


def sends_receipts() -> ColumnElement[bool]:
    """Whether others see what the person of this row of `users` has read: in a direct
    conversation only where both let each other know."""
    return and_(_lets_know(users), _lets_know(_low), _lets_know(_high))


def shown_read_seq() -> ColumnElement[int]:
    """Of the row of `members`; 0 of those who let nobody know."""
    return case((sends_receipts(), members.c.read_seq), else_=0)


def neither_blocks(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Where it is false, neither of the two learns how far the other is. Null blocks nobody."""
    return and_(~_blocks(one, other), ~_blocks(other, one))


def _blocks(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists().where(blocks.c.user_id == one, blocks.c.blocked_id == other)


def _lets_know(person: FromClause) -> ColumnElement[bool]:
    """Their privacy is JSON without spaces; what it leaves out is as by default, and by default
    they do. True where there is nobody."""
    return ~func.coalesce(person.c.privacy, "").contains(_KEEPS_IT, autoescape=True)


def delivered_seq(conversation: ColumnElement[Any], user: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Of the device that is furthest; 0 when none has acknowledged anything."""
    found = select(func.coalesce(func.max(deliveries.c.seq), 0)).where(
        deliveries.c.conversation_id == conversation, deliveries.c.user_id == user
    )
    return found.scalar_subquery()


def peer_columns() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """`peer_read_seq` and `peer_delivered_seq` of the row of a viewer's `members` around them: the
    other person's in a direct one, null in a group and where one blocks the other. Each costs
    three looks at an index."""
    # Null in a group, where it equals nobody: nothing is walked.
    peer = case(
        (conversations.c.low_user_id == members.c.user_id, conversations.c.high_user_id),
        else_=conversations.c.low_user_id,
    )
    other, person = members.alias("peer"), users.alias("peer_user")
    viewer = users.alias("viewing_user")
    seen = neither_blocks(members.c.user_id, peer)
    read = (
        select(case((and_(_lets_know(person), _lets_know(viewer)), other.c.read_seq), else_=0))
        .select_from(other.join(person, person.c.id == other.c.user_id).join(viewer, true()))
        .where(
            other.c.conversation_id == conversations.c.id,
            other.c.user_id == peer,
            viewer.c.id == members.c.user_id,
        )
        .correlate(conversations, members)
        .scalar_subquery()
    )
    got = case((seen, delivered_seq(conversations.c.id, peer)))
    return case((seen, read)).label("peer_read_seq"), got.label("peer_delivered_seq")
