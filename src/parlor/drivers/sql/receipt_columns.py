"""Who lets others know what they have read, and how far a person's devices have got, as parts of
other queries. Used by the SQL drivers of conversations and deliveries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, case, func, select

from parlor.drivers.sql.self_tables import deliveries
from parlor.drivers.sql.tables import conversations, members, users

_KEEPS_IT = '"read_receipts":false'


def sends_receipts(people: FromClause = users) -> ColumnElement[bool]:
    """Whether this row of `users` does. Their privacy is JSON without spaces; what it leaves out
    is as by default, and by default they do."""
    return ~people.c.privacy.contains(_KEEPS_IT, autoescape=True)


def shown_read_seq(people: FromClause, member: FromClause) -> ColumnElement[int]:
    """0 of those who let nobody know."""
    return case((sends_receipts(people), member.c.read_seq), else_=0)


def delivered_seq(conversation: ColumnElement[Any], user: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Of the device that is furthest; 0 when none has acknowledged anything."""
    found = select(func.coalesce(func.max(deliveries.c.seq), 0)).where(
        deliveries.c.conversation_id == conversation, deliveries.c.user_id == user
    )
    return found.scalar_subquery()


def peer_columns() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """`peer_read_seq` and `peer_delivered_seq` of the row of a viewer's `members` around them: the
    other person's in a direct one, null and 0 in a group. Each costs a look at an index."""
    # Null in a group, where it equals nobody: nothing is walked.
    peer = case(
        (conversations.c.low_user_id == members.c.user_id, conversations.c.high_user_id),
        else_=conversations.c.low_user_id,
    )
    other, person = members.alias("peer"), users.alias("peer_user")
    read = (
        select(shown_read_seq(person, other))
        .select_from(other.join(person, person.c.id == other.c.user_id))
        .where(other.c.conversation_id == conversations.c.id, other.c.user_id == peer)
        .correlate(conversations, members)
        .scalar_subquery()
    )
    got = delivered_seq(conversations.c.id, peer)
    return read.label("peer_read_seq"), got.label("peer_delivered_seq")
