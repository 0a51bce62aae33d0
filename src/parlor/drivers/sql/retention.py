"""Removing what is past its retention, in SQL. Satisfies `ports.changes.Retention`.

Only the beginning of a log is ever removed, so what is left has no gap and begins with
`conversations.first_seq`. The last event stays, whatever its age, and the snapshot (members,
settings, title) stays as the removed events have made it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, and_, bindparam, delete, func, select, update

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.file_tables import file_uses
from parlor.drivers.sql.folding import fold
from parlor.drivers.sql.group_tables import audit
from parlor.drivers.sql.message_tables import expiring, mentions, message_states, reactions
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.search_entries import forget_words
from parlor.drivers.sql.tables import conversations, events
from parlor.model.ids import ConversationId, UserId
from parlor.ports.changes import Folded, Trimmed

# Conversations whose first event is too old, and not their only one.
_OLD = (
    select(
        conversations.c.id,
        conversations.c.first_seq,
        conversations.c.last_seq,
        events.c.sent_at,
    )
    .join_from(
        conversations,
        events,
        and_(
            events.c.conversation_id == conversations.c.id,
            events.c.seq == conversations.c.first_seq,
        ),
    )
    .where(conversations.c.id > bindparam("after"))
    .order_by(conversations.c.id)
    .limit(bindparam("most"))
)
_FIRST_KEPT = select(func.min(events.c.seq)).where(
    events.c.conversation_id == bindparam("id"),
    events.c.seq > bindparam("first"),
    events.c.seq <= bindparam("furthest"),
    events.c.sent_at >= bindparam("before"),
)
_BEGIN = (
    update(conversations)
    .where(conversations.c.id == bindparam("number"))
    .values(first_seq=bindparam("kept"))
)
_OF_EVENTS: Sequence[Table] = (events, message_states, reactions, mentions, expiring, file_uses)


class SqlRetention:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def trim(self, before_ms: int, after: ConversationId | None, limit: int) -> Trimmed:
        start = 0 if after is None else number_of(after) or 0
        return await self._database.write(lambda db: _trim(db, before_ms, start, limit))

    async def fold_positions(self, after: UserId | None, limit: int) -> Folded:
        start = 0 if after is None else number_of(after) or 0
        return await self._database.write(lambda db: fold(db, start, limit))

    async def forget_acts(self, before_ms: int, limit: int) -> int:
        return await self._database.write(lambda db: _forget_acts(db, before_ms, limit))


def _trim(db: Connection, before_ms: int, after: int, limit: int) -> Trimmed:
    looked_at = db.execute(_OLD, {"after": after, "most": limit}).all()
    removed = 0
    for number, first_seq, last_seq, sent_at in looked_at:
        if sent_at >= before_ms or first_seq >= last_seq:
            after = number
            continue
        if removed == limit:
            return Trimmed(removed, ConversationId(str(after)))
        furthest = min(last_seq, first_seq + limit - removed)
        kept = _first_kept(db, number, first_seq, furthest, before_ms)
        forget_words(db, number, range(first_seq, kept))
        for table in _OF_EVENTS:
            db.execute(delete(table).where(table.c.conversation_id == number, table.c.seq < kept))
        db.execute(_BEGIN, {"number": number, "kept": kept})
        removed += kept - first_seq
        if kept == furthest < last_seq:
            # There may be more to remove here: the next step begins with it.
            return Trimmed(removed, ConversationId(str(after)))
        after = number
    done = len(looked_at) < limit
    return Trimmed(removed, None if done else ConversationId(str(after)))


def _forget_acts(db: Connection, before_ms: int, limit: int) -> int:
    # Two statements: MySQL takes no LIMIT in what an IN asks for.
    old = select(audit.c.id).where(audit.c.at_ms < before_ms).order_by(audit.c.at_ms).limit(limit)
    numbers = list(db.execute(old).scalars())
    if numbers:
        db.execute(delete(audit).where(audit.c.id.in_(numbers)))
    return len(numbers)


def _first_kept(db: Connection, number: int, first: int, furthest: int, before_ms: int) -> int:
    """The first event that is young enough, not after `furthest`.

    Clocks may step back, so a young event may have old ones behind it: those stay with it.
    """
    wanted = {"id": number, "first": first, "furthest": furthest, "before": before_ms}
    found: int | None = db.execute(_FIRST_KEPT, wanted).scalar()
    return furthest if found is None else found
