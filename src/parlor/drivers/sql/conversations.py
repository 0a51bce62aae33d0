"""Conversations, members and read positions in SQL. Satisfies `ports.conversations`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import (
    Connection,
    insert,
    select,
    update,
)

from parlor.drivers.sql.by_keys import ByKeys
from parlor.drivers.sql.conversation_rows import (
    CONVERSATION_COLUMNS,
    conversation_of_row,
    member_of_row,
)
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.event_rows import row_of_event
from parlor.drivers.sql.group_changes import listed
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.own import keep_own, place_of
from parlor.drivers.sql.pairs import check_may_add, check_may_begin
from parlor.drivers.sql.tables import conversations, events, members, users
from parlor.drivers.sql.views import newest_views, unread_of, view_of
from parlor.model.conversation import (
    Conversation,
    ConversationKind,
    ConversationView,
    Member,
)
from parlor.model.errors import NotFound
from parlor.model.event import Event, EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId, event_id
from parlor.model.own import read_up_to
from parlor.model.self_log import Entry

_AMONG = ByKeys(
    select(members.c.conversation_id, members.c.user_id),
    members.c.conversation_id,
    members.c.user_id,
)


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
            if kind is ConversationKind.DIRECT:
                check_may_begin(db, int(owner), int(others[0]))
            else:
                check_may_add(db, int(owner), list(map(int, others)))
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

    async def among(
        self, pairs: Sequence[tuple[ConversationId, UserId]]
    ) -> Collection[tuple[ConversationId, UserId]]:
        numbers = {(number_of(talk), number_of(user)): (talk, user) for talk, user in pairs}
        keys = [key for key in numbers if None not in key]
        if not keys:
            return ()
        found = await self._database.read(lambda db: _AMONG.rows(db, keys))
        return {numbers[conversation, user] for conversation, user in found}

    async def view(self, id: ConversationId, user: UserId) -> ConversationView | None:
        conversation, viewer = number_of(id), number_of(user)
        if conversation is None or viewer is None:
            return None
        return await self._database.read(lambda db: view_of(db, viewer, conversation))

    async def views(
        self, user: UserId, before: tuple[int, ConversationId] | None, limit: int
    ) -> Sequence[ConversationView]:
        viewer = number_of(user)
        if viewer is None:
            return []
        return await self._database.read(lambda db: newest_views(db, viewer, before, limit))

    async def set_read(
        self, id: ConversationId, user: UserId, seq: int, at_ms: int
    ) -> tuple[int, int, Entry | None]:
        conversation, reader = number_of(id), number_of(user)
        if conversation is None:
            raise NotFound
        return await self._database.write(
            lambda db: _set_read(db, conversation, reader, seq, at_ms)
        )


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
                "changed_seq": created.seq,
            }
            for user in created.members
        ],
    )
    db.execute(insert(events), row_of_event(created))
    # Who is written to learns of it by what is said, not by being looked up.
    listed(db, created, quietly=kind is ConversationKind.DIRECT)


def _set_read(
    db: Connection, conversation: int, reader: int | None, seq: int, at_ms: int
) -> tuple[int, int, Entry | None]:
    place = place_of(db, conversation, reader)
    read_seq = max(min(seq, place.last_seq), place.own.read_seq)
    if read_seq > place.own.read_seq:
        mine = (members.c.conversation_id == conversation, members.c.user_id == reader)
        db.execute(update(members).where(*mine).values(read_seq=read_seq))
    entry = keep_own(db, place, read_up_to(place.own, read_seq), at_ms)
    return read_seq, unread_of(db, place.user, conversation), entry
