"""Finding a place in a log by its time: a search by halves, as one statement.

`sent_at` rises with `seq` and has no index of its own: an index would cost every message, and the
key of the log finds the middle of a stretch at once.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, case, cast, func, literal_column, select

from parlor.drivers.sql.tables import conversations, events, members


def _seq_at() -> Select[Any]:
    """The first seq of member `user` in conversation `id` with `sent_at` at or after `at`."""
    first = case(
        (members.c.history_from > conversations.c.first_seq, members.c.history_from),
        else_=conversations.c.first_seq,
    )
    halves = (
        select(first.label("low"), (conversations.c.last_seq + 1).label("high"))
        .select_from(members.join(conversations))
        .where(members.c.conversation_id == bindparam("id"), members.c.user_id == bindparam("user"))
        .cte("halves", recursive=True)
    )
    # PostgreSQL rounds to a double, and a recursive query keeps its types.
    middle = cast((halves.c.low + halves.c.high) // literal_column("2"), BigInteger)
    is_older = select(events.c.sent_at).where(
        events.c.conversation_id == bindparam("id"), events.c.seq == middle
    ).correlate(halves).scalar_subquery() < bindparam("at")
    narrower = select(
        case((is_older, middle + 1), else_=halves.c.low),
        case((is_older, halves.c.high), else_=middle),
    ).where(halves.c.low < halves.c.high)
    whole = halves.union_all(narrower)
    return select(func.max(whole.c.low)).where(whole.c.low >= whole.c.high)


SEQ_AT = _seq_at()
