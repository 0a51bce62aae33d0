"""Message states in SQL, and taking away what has expired. Satisfies `ports.message_states`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, tuple_

from parlor.drivers.sql.applying_messages import take_words
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row
from parlor.drivers.sql.locks import lock_conversations
from parlor.drivers.sql.message_tables import expiring, message_states, reactions
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.state_rows import state_of_row
from parlor.drivers.sql.tables import events
from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.message_views import Reactor


class SqlMessageStates:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(
        self, conversation: ConversationId, seqs: Sequence[int], reader: UserId
    ) -> Sequence[MessageState]:
        number, viewer = number_of(conversation), number_of(reader)
        if number is None or not seqs:
            return []
        return await self._database.read(lambda db: _states(db, number, seqs, viewer))

    async def events(self, conversation: ConversationId, seqs: Sequence[int]) -> Sequence[Event]:
        number = number_of(conversation)
        if number is None or not seqs:
            return []
        wanted = (
            select(*EVENT_COLUMNS)
            .where(events.c.conversation_id == number, events.c.seq.in_(seqs))
            .order_by(events.c.seq)
        )
        return await self._database.read(
            lambda db: [event_of_row(row) for row in db.execute(wanted)]
        )

    async def pinned(
        self, conversation: ConversationId, before: int | None, limit: int
    ) -> Sequence[tuple[int, int]]:
        pin = message_states.c.pinned_seq
        wanted = select(pin, message_states.c.seq).where(
            message_states.c.conversation_id == number_of(conversation), pin > 0
        )
        if before is not None:
            wanted = wanted.where(pin < before)
        wanted = wanted.order_by(pin.desc()).limit(limit)
        return await self._database.read(
            lambda db: [(pinned_seq, seq) for pinned_seq, seq in db.execute(wanted)]
        )

    async def reactors(
        self, conversation: ConversationId, seq: int, emoji: str, after: int, limit: int
    ) -> Sequence[Reactor]:
        wanted = select(reactions.c.user_id, reactions.c.emoji, reactions.c.at_seq).where(
            reactions.c.conversation_id == number_of(conversation),
            reactions.c.seq == seq,
            reactions.c.at_seq > after,
        )
        if emoji:
            wanted = wanted.where(reactions.c.emoji == emoji)
        wanted = wanted.order_by(reactions.c.at_seq).limit(limit)

        def query(db: Connection) -> Sequence[Reactor]:
            return [Reactor(UserId(str(user)), *rest) for user, *rest in db.execute(wanted)]

        return await self._database.read(query)

    async def expire(self, now_ms: int, limit: int) -> int:
        first = await self.next_expiry_ms()
        if first is None or first > now_ms:
            return 0
        return await self._database.write(lambda db: _expire(db, now_ms, limit))

    async def next_expiry_ms(self) -> int | None:
        first = select(expiring.c.expires_at).order_by(expiring.c.expires_at).limit(1)
        return await self._database.read(lambda db: db.execute(first).scalar())


def _states(
    db: Connection, conversation: int, seqs: Sequence[int], viewer: int | None
) -> Sequence[MessageState]:
    rows = db.execute(
        select(message_states)
        .where(message_states.c.conversation_id == conversation, message_states.c.seq.in_(seqs))
        .order_by(message_states.c.seq)
    ).all()
    given = [row.seq for row in rows if row.reactions]
    mine: dict[int, set[str]] = defaultdict(set)
    if given:
        found = db.execute(
            select(reactions.c.seq, reactions.c.emoji).where(
                reactions.c.conversation_id == conversation,
                reactions.c.seq.in_(given),
                reactions.c.user_id == viewer,
            )
        )
        for seq, emoji in found:
            mine[seq].add(emoji)
    return [state_of_row(row, mine[row.seq]) for row in rows]


def _expire(db: Connection, now_ms: int, limit: int) -> int:
    due = db.execute(
        select(expiring)
        .where(expiring.c.expires_at <= now_ms)
        .order_by(expiring.c.expires_at)
        .limit(limit)
    ).all()
    said: dict[int, list[int]] = defaultdict(list)
    for row in due:
        said[row.conversation_id].append(row.seq)
    if said:
        # As an act does, before anything of it is changed.
        lock_conversations(db, said)
    for conversation, seqs in said.items():
        take_words(db, conversation, seqs)
        for table in (message_states, reactions):
            db.execute(
                delete(table).where(table.c.conversation_id == conversation, table.c.seq.in_(seqs))
            )
    if due:
        key = tuple_(expiring.c.expires_at, expiring.c.conversation_id, expiring.c.seq)
        db.execute(delete(expiring).where(key.in_([tuple(row) for row in due])))
    return len(due)
