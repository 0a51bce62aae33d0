"""The event logs in SQL: appending in order, once, and reading ranges.

Satisfies `ports.messages.Messages`. How appends are stored is `drivers.sql.appending`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, bindparam, select

from parlor.drivers.sql.acts import perform
from parlor.drivers.sql.appending import Append, append_all, said_before
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import conversations, events
from parlor.model.errors import NotFound, NotMember
from parlor.model.event import Draft, Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Act, Decide

_LAST_SEQ = select(conversations.c.last_seq).where(conversations.c.id == bindparam("id"))


class SqlMessages:
    """`on_stored` is told of each conversation that has got an event, once that is durable."""

    def __init__(
        self,
        database: Database,
        on_stored: Callable[[ConversationId], object] = lambda _: None,
    ) -> None:
        self._database = database
        self._on_stored = on_stored

    async def append(
        self, draft: Draft, at_ms: int, *, by_member: bool = True
    ) -> tuple[Event, bool]:
        conversation, sender = number_of(draft.conversation_id), number_of(draft.sender)
        if conversation is None:
            raise NotFound
        if sender is None:
            raise NotMember
        mentions = tuple(map(number_of, draft.mentions))
        item = Append(draft, at_ms, by_member, conversation, sender, mentions)
        stored = await self._database.write_together(append_all, item, order=conversation)
        self._on_stored(draft.conversation_id)
        return stored

    async def said(
        self, conversation: ConversationId, sender: UserId, client_ids: Sequence[str]
    ) -> Sequence[Event]:
        number, who = number_of(conversation), number_of(sender)
        if number is None or who is None or not client_ids:
            return []
        return await self._database.read(lambda db: said_before(db, number, who, client_ids))

    async def act(self, act: Act, decide: Decide, at_ms: int) -> tuple[Event | None, bool]:
        # Those of one conversation would only be run again and again.
        order = act.conversation_id
        done = await self._database.write(lambda db: perform(db, act, decide, at_ms), order=order)
        self._on_stored(act.conversation_id)
        return done

    async def events(
        self, conversation: ConversationId, after: int | None, before: int | None, limit: int
    ) -> tuple[Sequence[Event], int]:
        number = number_of(conversation)
        if number is None:
            raise NotFound
        return await self._database.read(lambda db: _range(db, number, after, before, limit))


def _range(
    db: Connection, conversation: int, after: int | None, before: int | None, limit: int
) -> tuple[Sequence[Event], int]:
    last_seq = db.execute(_LAST_SEQ, {"id": conversation}).scalar()
    if last_seq is None:
        raise NotFound
    wanted = select(*EVENT_COLUMNS).where(events.c.conversation_id == conversation)
    if after is not None:
        wanted = wanted.where(events.c.seq > after)
    if before is not None:
        wanted = wanted.where(events.c.seq < before)
    newest_first = after is None
    order = events.c.seq.desc() if newest_first else events.c.seq.asc()
    found = [event_of_row(row) for row in db.execute(wanted.order_by(order).limit(limit))]
    return (found[::-1] if newest_first else found), last_seq
