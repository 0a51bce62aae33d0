"""Conversations, members and read positions in SQL. Satisfies `ports.conversations`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    ScalarSelect,
    Select,
    func,
    insert,
    select,
    tuple_,
    update,
)

from parlor.drivers.sql.conversation_rows import (
    CONVERSATION_COLUMNS,
    conversation_of_row,
    member_of_row,
    settings_of,
)
from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.event_rows import EVENT_COLUMNS, event_of_row, row_of_event
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import conversations, events, members, users
from parlor.model.conversation import (
    Conversation,
    ConversationKind,
    ConversationView,
    Member,
)
from parlor.model.errors import NotFound, NotMember
from parlor.model.event import Event, EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId, event_id

MAX_UNREAD = 1_000
"""Counting stops here: nobody reads a larger number, and a count costs its size."""
_UNREAD_LOOK = 2 * MAX_UNREAD
"""Events at the end of a log among which unread messages are counted. A count of LIMITed rows
would be exact, but MariaDB lets no subquery in FROM see the row around it."""


class SqlConversations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        id: ConversationId,
        kind: ConversationKind,
        owner: UserId,
        others: Sequence[UserId],
        title: str,
        at_ms: int,
    ) -> tuple[Conversation, bool]:
        everybody = [owner, *others]
        numbers = [number_of(user) for user in everybody]
        created = Event(
            conversation_id=id,
            seq=1,
            id=event_id(id, 1),
            kind=EventKind.CREATED,
            sender=owner,
            sent_at=at_ms,
            members=tuple(everybody),
            title=title,
        )

        def unit(db: Connection) -> tuple[Conversation, bool]:
            known = set(db.execute(select(users.c.id).where(users.c.id.in_(numbers))).scalars())
            if not all(number in known for number in numbers):
                raise NotFound("There is no such user.")
            pair = sorted(known) if kind is ConversationKind.DIRECT else [None, None]
            if kind is ConversationKind.DIRECT and (found := _of_pair(db, pair)) is not None:
                return found, False
            if (found := _of_id(db, int(id))) is not None:
                return found, False
            _insert(db, created, kind, pair)
            return Conversation(id, kind, title, 1, len(everybody)), True

        return await self._database.write(unit)

    async def get(self, id: ConversationId) -> Conversation | None:
        number = number_of(id)
        return None if number is None else await self._database.read(lambda db: _of_id(db, number))

    async def member(self, id: ConversationId, user: UserId) -> Member | None:
        conversation, number = number_of(id), number_of(user)

        def query(db: Connection) -> Member | None:
            found = db.execute(
                select(members).where(
                    members.c.conversation_id == conversation, members.c.user_id == number
                )
            ).first()
            return None if found is None else member_of_row(found)

        return await self._database.read(query)

    async def members(
        self, id: ConversationId, after: UserId | None, limit: int
    ) -> Sequence[Member]:
        conversation = number_of(id)
        after_number = 0 if after is None else number_of(after) or 0

        def query(db: Connection) -> Sequence[Member]:
            found = db.execute(
                select(members)
                .where(members.c.conversation_id == conversation, members.c.user_id > after_number)
                .order_by(members.c.user_id)
                .limit(limit)
            )
            return [member_of_row(row) for row in found]

        return await self._database.read(query)

    async def view(self, id: ConversationId, user: UserId) -> ConversationView | None:
        conversation, viewer = number_of(id), number_of(user)
        if conversation is None or viewer is None:
            return None
        wanted = _views_of(viewer).where(conversations.c.id == conversation)

        def query(db: Connection) -> ConversationView | None:
            found = db.execute(wanted).first()
            return None if found is None else _view(found, viewer)

        return await self._database.read(query)

    async def views(
        self, user: UserId, before: tuple[int, ConversationId] | None, limit: int
    ) -> Sequence[ConversationView]:
        viewer = number_of(user)
        if viewer is None:
            return []
        wanted = _views_of(viewer)
        if before is not None:
            place = tuple_(conversations.c.active_at, conversations.c.id)
            wanted = wanted.where(place < tuple_(before[0], number_of(before[1]) or 0))
        wanted = wanted.order_by(conversations.c.active_at.desc(), conversations.c.id.desc())

        def query(db: Connection) -> Sequence[ConversationView]:
            return [_view(row, viewer) for row in db.execute(wanted.limit(limit))]

        return await self._database.read(query)

    async def set_read(self, id: ConversationId, user: UserId, seq: int) -> tuple[int, int, bool]:
        conversation, reader = number_of(id), number_of(user)
        if conversation is None:
            raise NotFound
        return await self._database.write(lambda db: _set_read(db, conversation, reader, seq))


def _of_id(db: Connection, number: int | None) -> Conversation | None:
    found = db.execute(select(*CONVERSATION_COLUMNS).where(conversations.c.id == number)).first()
    return None if found is None else conversation_of_row(found)


def _of_pair(db: Connection, pair: Sequence[int | None]) -> Conversation | None:
    low, high = pair
    found = db.execute(
        select(*CONVERSATION_COLUMNS).where(
            conversations.c.low_user_id == low, conversations.c.high_user_id == high
        )
    ).first()
    return None if found is None else conversation_of_row(found)


def _insert(
    db: Connection, created: Event, kind: ConversationKind, pair: Sequence[int | None]
) -> None:
    number = int(created.conversation_id)
    row = {
        "id": number,
        "kind": kind.value,
        "title": created.title,
        "last_seq": created.seq,
        "active_at": created.sent_at,
        "member_count": len(created.members),
        "low_user_id": pair[0],
        "high_user_id": pair[1],
    }
    db.execute(insert(conversations), row)
    db.execute(
        insert(members),
        [
            {
                "conversation_id": number,
                "user_id": int(user),
                "role": (Role.OWNER if user == created.sender else Role.MEMBER).value,
                "joined_seq": created.seq,
                "read_seq": created.seq,
            }
            for user in created.members
        ],
    )
    db.execute(insert(events), row_of_event(created))


def _set_read(
    db: Connection, conversation: int, reader: int | None, seq: int
) -> tuple[int, int, bool]:
    last_seq = db.execute(
        select(conversations.c.last_seq).where(conversations.c.id == conversation)
    ).scalar()
    if last_seq is None:
        raise NotFound
    mine = (members.c.conversation_id == conversation, members.c.user_id == reader)
    read_seq = db.execute(select(members.c.read_seq).where(*mine)).scalar()
    if read_seq is None:
        raise NotMember
    wanted = min(seq, last_seq)
    moved = wanted > read_seq
    if moved:
        db.execute(update(members).where(*mine).values(read_seq=wanted))
        read_seq = wanted
    unread = db.execute(select(_unread()).select_from(_JOINED).where(*mine)).scalar_one()
    return read_seq, min(unread, MAX_UNREAD), moved


_JOINED = members.join(conversations)


def _unread() -> ScalarSelect[int]:
    """Messages of others after the read position, for the row of `_JOINED` around it."""
    return (
        select(func.count())
        .select_from(events)
        .where(
            events.c.conversation_id == conversations.c.id,
            events.c.seq > members.c.read_seq,
            events.c.seq > conversations.c.last_seq - _UNREAD_LOOK,
            events.c.sender_id != members.c.user_id,
            events.c.kind == EventKind.MESSAGE.value,
        )
        .correlate(conversations, members)
        .scalar_subquery()
    )


def _views_of(viewer: int) -> Select[Any]:
    """One row per conversation of `viewer`: everything a list shows, in a single query."""
    last = (events.c.conversation_id == conversations.c.id) & (
        events.c.seq == conversations.c.last_seq
    )
    return (
        select(
            *EVENT_COLUMNS,
            conversations.c.kind.label("conversation_kind"),
            conversations.c.title,
            conversations.c.active_at,
            conversations.c.member_count,
            conversations.c.low_user_id,
            conversations.c.high_user_id,
            conversations.c.settings,
            conversations.c.announcement,
            conversations.c.avatar,
            conversations.c.dissolved_at,
            members.c.read_seq,
            members.c.role,
            members.c.history_from,
            members.c.muted_until,
            _unread().label("unread"),
        )
        .select_from(_JOINED.join(events, last))
        .where(members.c.user_id == viewer)
    )


def _view(row: AnyRow, viewer: int) -> ConversationView:
    last_event = event_of_row(row[: len(EVENT_COLUMNS)])
    peer = row.high_user_id if row.low_user_id == viewer else row.low_user_id
    return ConversationView(
        id=last_event.conversation_id,
        kind=ConversationKind(row.conversation_kind),
        title=row.title,
        last_seq=last_event.seq,
        read_seq=row.read_seq,
        unread=min(row.unread, MAX_UNREAD),
        active_at=row.active_at,
        last_event=last_event,
        peer=None if peer is None else UserId(str(peer)),
        member_count=row.member_count,
        role=Role(row.role),
        history_from=row.history_from,
        muted_until=row.muted_until,
        settings=settings_of(row.settings),
        announcement=row.announcement,
        avatar=row.avatar,
        dissolved=row.dissolved_at > 0,
    )
