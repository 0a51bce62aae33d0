"""The event logs in SQL: appending in order, once, and reading ranges.

Satisfies `ports.messages.Messages`. Appends that wait for the same commit are stored together:
two queries, one insert and one update whatever their number. A statement costs more in the path
around it than its row costs in the database, and each gives up the interpreter's lock, which a
busy event loop is slow to hand back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from parlor.drivers.sql.acts import perform
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row, row_of_event
from parlor.drivers.sql.locks import lock_conversations
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import conversations, events, members
from parlor.model.errors import BadRequest, NotFound, NotMember, ParlorError
from parlor.model.event import Draft, Event, event_of
from parlor.model.ids import ConversationId
from parlor.model.standing import Act, Decide

_PLACES = (
    select(members.c.conversation_id, members.c.user_id, conversations.c.last_seq)
    .join_from(members, conversations)
    .where(
        tuple_(members.c.conversation_id, members.c.user_id).in_(bindparam("pairs", expanding=True))
    )
)
_HEADS = select(conversations.c.id, conversations.c.last_seq).where(
    conversations.c.id.in_(bindparam("ids", expanding=True))
)
_KNOWN = select(*EVENT_COLUMNS).where(
    tuple_(events.c.conversation_id, events.c.sender_id, events.c.client_id).in_(
        bindparam("keys", expanding=True)
    )
)
_INSERT = insert(events)
_newest = select(events).where(events.c.conversation_id == conversations.c.id)
_newest = _newest.order_by(events.c.seq.desc()).limit(1)
_ADVANCE = (
    update(conversations)
    .where(conversations.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        last_seq=_newest.with_only_columns(events.c.seq).scalar_subquery(),
        active_at=_newest.with_only_columns(events.c.sent_at).scalar_subquery(),
    )
)
_LAST_SEQ = select(conversations.c.last_seq).where(conversations.c.id == bindparam("id"))

_Key = tuple[int, int, str]


@dataclass(slots=True, frozen=True)
class _Append:
    draft: Draft
    at_ms: int
    by_member: bool
    conversation: int
    sender: int
    mentions: tuple[int | None, ...]
    """None for one whose id is no number."""

    def pairs(self) -> Iterable[tuple[int, int]]:
        """The (conversation, user) whose membership must be known."""
        yield self.conversation, self.sender
        for user in self.mentions:
            if user is not None:
                yield self.conversation, user

    @property
    def key(self) -> _Key:
        return self.conversation, self.sender, self.draft.client_id


class SqlMessages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, draft: Draft, at_ms: int, *, by_member: bool = True
    ) -> tuple[Event, bool]:
        conversation, sender = number_of(draft.conversation_id), number_of(draft.sender)
        if conversation is None:
            raise NotFound
        if sender is None:
            raise NotMember
        mentions = tuple(map(number_of, draft.mentions))
        item = _Append(draft, at_ms, by_member, conversation, sender, mentions)
        return await self._database.write_together(append_all, item, order=conversation)

    async def act(self, act: Act, decide: Decide, at_ms: int) -> tuple[Event | None, bool]:
        return await self._database.write(lambda db: perform(db, act, decide, at_ms))

    async def events(
        self, conversation: ConversationId, after: int | None, before: int | None, limit: int
    ) -> tuple[Sequence[Event], int]:
        number = number_of(conversation)
        if number is None:
            raise NotFound
        return await self._database.read(lambda db: _range(db, number, after, before, limit))


def append_all(
    db: Connection, appends: Sequence[_Append]
) -> Sequence[tuple[Event, bool] | ParlorError]:
    """Store `appends` in their order; a refused one takes no seq and hinders no other."""
    lock_conversations(db, (append.conversation for append in appends))
    last_seq, inside = _places(db, appends)
    known = _known(db, {append.key for append in appends if append.draft.client_id})
    outcomes: list[tuple[Event, bool] | ParlorError] = []
    rows: list[Mapping[str, object]] = []
    for append in appends:
        draft = append.draft
        newest = last_seq.get(append.conversation)
        if newest is None:
            outcomes.append(NotFound("There is no such conversation."))
            continue
        if append.by_member and (append.conversation, append.sender) not in inside:
            outcomes.append(NotMember())
            continue
        first = known.get(append.key) if draft.client_id else None
        if first is not None:
            outcomes.append((first, False))
            continue
        if not 0 <= draft.reply_to <= newest:
            outcomes.append(BadRequest("There is no such message to reply to."))
            continue
        if not all((append.conversation, user) in inside for user in append.mentions):
            outcomes.append(BadRequest("Only members of the conversation can be mentioned."))
            continue
        event = event_of(draft, newest + 1, append.at_ms)
        last_seq[append.conversation] = event.seq
        rows.append(row_of_event(event))
        known[append.key] = event
        outcomes.append((event, True))
    if rows:
        db.execute(_INSERT, rows)
        db.execute(_ADVANCE, {"ids": list({row["conversation_id"] for row in rows})})
    return outcomes


def _places(
    db: Connection, appends: Sequence[_Append]
) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """The last seq of each conversation that exists, and which (conversation, sender) are in it."""
    pairs = {pair for append in appends for pair in append.pairs()}
    last_seq: dict[int, int] = {}
    inside: set[tuple[int, int]] = set()
    for conversation, user, seq in db.execute(_PLACES, {"pairs": list(pairs)}):
        inside.add((conversation, user))
        last_seq[conversation] = seq
    others = {conversation for conversation, _ in pairs} - last_seq.keys()
    if others:
        found = db.execute(_HEADS, {"ids": list(others)})
        last_seq.update((row.id, row.last_seq) for row in found)
    return last_seq, inside


def _known(db: Connection, keys: set[_Key]) -> dict[_Key, Event]:
    if not keys:
        return {}
    found = db.execute(_KNOWN, {"keys": list(keys)})
    return {(row[0], row[3], row[5]): event_of_row(row) for row in found}


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
