"""What devices lack of their conversations, in SQL. Satisfies `ports.changes.Changes`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from types import SimpleNamespace
from typing import cast

import msgspec
from sqlalchemy import Connection, Select, select

from parlor.drivers.sql.at_places import AtPlaces, Parameter
from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row
from parlor.drivers.sql.message_tables import message_states, reactions
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.seq_at import SEQ_AT
from parlor.drivers.sql.state_rows import state_of_row
from parlor.drivers.sql.tables import events, members
from parlor.drivers.sql.views import heads_of, views_of
from parlor.model.conversation import ConversationView
from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.stretch import Head, Stretch
from parlor.ports.changes import Piece, Place

_STATE_COLUMNS = tuple(column.label(f"state_{column.name}") for column in message_states.columns)
_WIDTH = len(EVENT_COLUMNS)
_STATE_NAMES = tuple(column.name for column in message_states.columns)


def _stretch(parameter: Parameter) -> Select[*tuple[object, ...]]:
    same = (message_states.c.conversation_id == events.c.conversation_id) & (
        message_states.c.seq == events.c.seq
    )
    return (
        select(*EVENT_COLUMNS, *_STATE_COLUMNS)
        .select_from(events.outerjoin(message_states, same))
        .where(
            events.c.conversation_id == parameter("id"),
            events.c.seq > parameter("after"),
            events.c.seq <= parameter("upto"),
        )
    )


def _history(parameter: Parameter) -> Select[*tuple[object, ...]]:
    return select(members.c.conversation_id, members.c.history_from).where(
        members.c.conversation_id == parameter("id"), members.c.user_id == parameter("user")
    )


def _own_reactions(parameter: Parameter) -> Select[*tuple[object, ...]]:
    return select(reactions.c.conversation_id, reactions.c.seq, reactions.c.emoji).where(
        reactions.c.conversation_id == parameter("id"),
        reactions.c.seq == parameter("seq"),
        reactions.c.user_id == parameter("user"),
    )


_OWN_REACTIONS = AtPlaces(_own_reactions, ("id", "seq", "user"), (0, 0, 0))
_STRETCHES = AtPlaces(_stretch, ("id", "after", "upto"), (0, 0, 0))
_HISTORIES = AtPlaces(_history, ("id", "user"), (0, 0))


class SqlChanges:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(
        self, user: UserId, before: tuple[int, ConversationId] | None, limit: int
    ) -> Sequence[Head]:
        viewer = number_of(user)
        if viewer is None:
            return []
        rows = await self._database.read(lambda db: heads_of(db, viewer, before, limit))
        return [
            Head(ConversationId(str(number)), last_seq, max(first_seq, history_from), active_at)
            for number, last_seq, active_at, first_seq, history_from in rows
        ]

    async def views(
        self, user: UserId, ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, ConversationView]:
        viewer = number_of(user)
        numbers = [number for one in ids if (number := number_of(one)) is not None]
        if viewer is None or not numbers:
            return {}
        found = await self._database.read(lambda db: views_of(db, viewer, numbers))
        return {view.id: view for view in found}

    async def pieces(
        self, user: UserId, stretches: Sequence[Stretch]
    ) -> Mapping[ConversationId, Piece]:
        places = [(int(one.id), one.after, one.upto) for one in stretches]
        if not places:
            return {}
        reader = number_of(user) or 0
        found = await self._database.read(lambda db: _readings(db, reader, places))
        of: defaultdict[ConversationId, list[tuple[Event, MessageState | None]]] = defaultdict(list)
        for event, state in found:
            of[event.conversation_id].append((event, state))
        return {talk: _piece(pairs) for talk, pairs in of.items()}

    async def seq_at(self, user: UserId, conversation: ConversationId, at_ms: int) -> int | None:
        wanted = {"id": number_of(conversation), "user": number_of(user), "at": at_ms}
        return await self._database.read(lambda db: db.execute(SEQ_AT, wanted).scalar())

    async def events_at(
        self, user: UserId, places: Sequence[Place]
    ) -> Sequence[tuple[Event, MessageState | None]]:
        reader = number_of(user)
        numbers = [number_of(place.conversation_id) for place in places]
        wanted = {
            (number, place.seq): index
            for index, (number, place) in enumerate(zip(numbers, places, strict=True))
            if number is not None
        }
        if reader is None or not wanted:
            return []

        def query(db: Connection) -> Sequence[tuple[Event, MessageState | None]]:
            talks = sorted({talk for talk, _ in wanted})
            since = dict(_pairs(_HISTORIES.rows(db, [(talk, reader) for talk in talks])))
            seen = [(talk, seq) for talk, seq in wanted if seq >= since.get(talk, seq + 1)]
            return _readings(db, reader, [(talk, seq - 1, seq) for talk, seq in seen])

        found = await self._database.read(query)
        return sorted(found, key=lambda one: wanted[int(one[0].conversation_id), one[0].seq])


def _pairs(rows: Sequence[AnyRow]) -> list[tuple[int, int]]:
    return [(row[0], row[1]) for row in rows]


def _readings(
    db: Connection, reader: int, places: Sequence[tuple[int, int, int]]
) -> Sequence[tuple[Event, MessageState | None]]:
    """Events and states in one statement; whose reactions are `reader`'s own in a second one,
    where there are any."""
    rows = sorted(_STRETCHES.rows(db, places), key=lambda row: (row[0], row[1]))
    found = [(event_of_row(row[:_WIDTH]), _state(row)) for row in rows]
    given = [
        (row[0], row[1], reader)
        for row, (_, state) in zip(rows, found, strict=True)
        if state is not None and state.reactions
    ]
    mine = {(talk, seq, emoji) for talk, seq, emoji in _OWN_REACTIONS.rows(db, given)}
    return [(event, _as_seen(event, state, mine)) for event, state in found]


def _as_seen(
    event: Event, state: MessageState | None, mine: Set[tuple[int, int, str]]
) -> MessageState | None:
    if state is None or not state.reactions:
        return state
    talk = int(event.conversation_id)
    reactions_seen = tuple(
        msgspec.structs.replace(one, mine=(talk, event.seq, one.emoji) in mine)
        for one in state.reactions
    )
    return msgspec.structs.replace(state, reactions=reactions_seen)


def _state(row: AnyRow) -> MessageState | None:
    values = row[_WIDTH:]
    if values[0] is None:
        return None
    return state_of_row(
        cast("AnyRow", SimpleNamespace(**dict(zip(_STATE_NAMES, values, strict=True))))
    )


def _piece(pairs: Sequence[tuple[Event, MessageState | None]]) -> Piece:
    events_there = tuple(event for event, _ in pairs)
    return Piece(events_there, tuple(state for _, state in pairs if state is not None))
