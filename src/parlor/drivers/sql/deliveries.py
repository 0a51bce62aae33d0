"""Delivered positions and receipts in SQL. Satisfies `ports.deliveries.Deliveries`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, islice

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.folding import SIGNED_OUT
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.receipt_columns import (
    delivered_seq,
    neither_blocks,
    sends_receipts,
    shown_read_seq,
    with_both_sides,
)
from parlor.drivers.sql.self_tables import deliveries
from parlor.drivers.sql.tables import conversations, members, users
from parlor.model.conversation import ConversationKind
from parlor.model.ids import ConversationId, DeviceId, UserId
from parlor.model.receipt import Delivered, Receipt
from parlor.ports.deliveries import Readers, Stored, Told

MOST_DEVICES = 100
"""Of one person in one conversation. Whoever comes with another name each time leaves no more; the
furthest is among those that stay, so nobody's position moves back."""
_Key = tuple[int, int, str]
_PLACE = tuple_(deliveries.c.conversation_id, deliveries.c.user_id, deliveries.c.device)
_MEMBERSHIP = tuple_(members.c.conversation_id, members.c.user_id)
_DELIVERED = delivered_seq(members.c.conversation_id, members.c.user_id)
_PEOPLE = with_both_sides(members.join(conversations).join(users, users.c.id == members.c.user_id))
_TOLD = (
    select(
        members.c.conversation_id,
        members.c.user_id,
        shown_read_seq(),
        _DELIVERED,
        conversations.c.low_user_id,
        conversations.c.high_user_id,
    )
    .select_from(_PEOPLE)
    .where(
        conversations.c.kind == ConversationKind.DIRECT.value,
        neither_blocks(conversations.c.low_user_id, conversations.c.high_user_id),
    )
)
_SEEN = neither_blocks(members.c.user_id, bindparam("viewer"))
_RECEIPTS = (
    select(
        members.c.conversation_id,
        members.c.user_id,
        case((_SEEN, shown_read_seq()), else_=0).label("read_seq"),
        case((_SEEN, _DELIVERED), else_=0).label("delivered_seq"),
    )
    .select_from(_PEOPLE)
    .where(members.c.conversation_id == bindparam("conversation"))
    .order_by(members.c.user_id)
)
_ADVANCE = (
    update(deliveries)
    .where(
        deliveries.c.conversation_id == bindparam("conversation"),
        deliveries.c.user_id == bindparam("user"),
        deliveries.c.device == bindparam("name"),
    )
    .values(seq=bindparam("upto"))
)


class SqlDeliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, delivered: Sequence[Delivered], most_members: int) -> Stored:
        wanted: dict[_Key, int] = {}
        ignored = 0
        for one in delivered:
            conversation, user = number_of(one.conversation_id), number_of(one.user_id)
            if conversation is None or user is None:
                ignored += 1
            else:
                key = (conversation, user, one.device)
                wanted[key] = max(one.seq, wanted.get(key, 0))
        if not wanted:
            return Stored((), frozenset(), ignored)
        stored = await self._database.write(lambda db: _put(db, wanted, most_members))
        return msgspec.structs.replace(stored, ignored=stored.ignored + ignored)

    async def told(self, positions: Sequence[tuple[ConversationId, UserId]]) -> Sequence[Told]:
        wanted = [(number_of(conversation), number_of(user)) for conversation, user in positions]
        if not wanted:
            return []
        query = _TOLD.where(_MEMBERSHIP.in_(wanted))

        def read(db: Connection) -> Sequence[Told]:
            told = []
            for conversation, user, read_seq, delivered, low, high in db.execute(query):
                receipt = _receipt(conversation, user, delivered, read_seq)
                told.append(Told(UserId(str(high if user == low else low)), receipt))
            return told

        return await self._database.read(read)

    async def receipts(self, id: ConversationId, viewer: UserId, limit: int) -> Sequence[Receipt]:
        wanted = {"conversation": number_of(id), "viewer": number_of(viewer)}

        def read(db: Connection) -> Sequence[Receipt]:
            rows = db.execute(_RECEIPTS.limit(limit), wanted)
            return [
                _receipt(row.conversation_id, row.user_id, row.delivered_seq, row.read_seq)
                for row in rows
            ]

        return await self._database.read(read)

    async def readers(
        self,
        id: ConversationId,
        seq: int,
        sender: UserId,
        viewer: UserId,
        after: UserId | None,
        limit: int,
    ) -> Readers:
        seen = neither_blocks(members.c.user_id, literal(number_of(viewer), BigInteger))
        has_read = and_(members.c.read_seq >= seq, sends_receipts(), seen)
        there: list[ColumnElement[bool]] = [
            members.c.conversation_id == number_of(id),
            members.c.joined_seq <= seq,
            members.c.history_from <= seq,
            members.c.user_id != (number_of(sender) or 0),
        ]
        counts = (
            select(func.coalesce(func.sum(case((has_read, 1), else_=0)), 0), func.count())
            .select_from(_PEOPLE)
            .where(*there)
        )
        after_number = 0 if after is None else number_of(after) or 0
        page = (
            select(members.c.user_id, case((has_read, 1), else_=0))
            .select_from(_PEOPLE)
            .where(*there, members.c.user_id > after_number)
            .order_by(members.c.user_id)
            .limit(limit)
        )

        def read(db: Connection) -> Readers:
            read_count, others = db.execute(counts).one()
            rows = [(UserId(str(user)), bool(read)) for user, read in db.execute(page)]
            return Readers(tuple(rows), int(read_count), others)

        return await self._database.read(read)

    async def behind(self, user: UserId) -> Mapping[DeviceId, int]:
        # A conversation that one has left is nothing to be behind in.
        left = conversations.c.last_seq - deliveries.c.seq
        query = (
            select(deliveries.c.device, func.sum(left))
            .select_from(
                deliveries.join(
                    members,
                    and_(
                        members.c.conversation_id == deliveries.c.conversation_id,
                        members.c.user_id == deliveries.c.user_id,
                    ),
                ).join(conversations, conversations.c.id == deliveries.c.conversation_id)
            )
            .where(deliveries.c.user_id == number_of(user), deliveries.c.device != SIGNED_OUT)
            .group_by(deliveries.c.device)
        )
        rows = await self._database.read(lambda db: db.execute(query).all())
        return {DeviceId(device): int(behind) for device, behind in rows}


def _put(db: Connection, wanted: dict[_Key, int], most_members: int) -> Stored:
    there = db.execute(
        select(
            members.c.conversation_id,
            members.c.user_id,
            conversations.c.last_seq,
            or_(
                conversations.c.kind == ConversationKind.DIRECT.value,
                conversations.c.member_count <= most_members,
            ).label("kept"),
        )
        .join_from(members, conversations)
        .where(_MEMBERSHIP.in_(sorted({key[:2] for key in wanted})))
    ).all()
    without = {row.conversation_id for row in there if not row.kept}
    inside = {(row.conversation_id, row.user_id) for row in there}
    last = {(row.conversation_id, row.user_id): row.last_seq for row in there if row.kept}
    upto = {key: min(seq, last[key[:2]]) for key, seq in wanted.items() if key[:2] in last}
    known: dict[_Key, int] = {}
    if upto:
        rows = db.execute(select(deliveries).where(_PLACE.in_(sorted(upto))).with_for_update())
        known = {(row.conversation_id, row.user_id, row.device): row.seq for row in rows}
    new = {key: seq for key, seq in upto.items() if key not in known}
    moved = {key: seq for key, seq in upto.items() if seq > known.get(key, seq)}
    if new:
        columns = ("conversation_id", "user_id", "device", "seq")
        rows_of_new = [dict(zip(columns, (*key, seq), strict=True)) for key, seq in new.items()]
        db.execute(insert(deliveries), rows_of_new)
        _forget_most_behind(db, sorted({key[:2] for key in new}))
    if moved:
        names = ("conversation", "user", "name", "upto")
        db.execute(
            _ADVANCE, [dict(zip(names, (*key, seq), strict=True)) for key, seq in moved.items()]
        )
    return Stored(
        tuple(
            Delivered(ConversationId(str(key[0])), UserId(str(key[1])), DeviceId(key[2]), seq)
            for key, seq in (new | moved).items()
        ),
        frozenset(ConversationId(str(number)) for number in without),
        sum(key[:2] not in inside for key in wanted),
    )


def _forget_most_behind(db: Connection, places: Sequence[tuple[int, int]]) -> None:
    """Leave MOST_DEVICES of each (conversation, user): at most two queries and a statement."""
    person = (deliveries.c.conversation_id, deliveries.c.user_id)
    many = db.execute(
        select(*person)
        .where(tuple_(*person).in_(places))
        .group_by(*person)
        .having(func.count() > MOST_DEVICES)
    ).all()
    if not many:
        return
    rows = db.execute(
        select(*person, deliveries.c.device)
        .where(tuple_(*person).in_([tuple(row) for row in many]))
        .order_by(*person, deliveries.c.seq.desc(), deliveries.c.device)
    )
    over = [
        tuple(row)
        for _, those in groupby(rows, key=lambda row: row[:2])
        for row in islice(those, MOST_DEVICES, None)
    ]
    db.execute(delete(deliveries).where(_PLACE.in_(over)))


def _receipt(conversation: int, user: int, delivered: int, read_seq: int) -> Receipt:
    return Receipt(
        ConversationId(str(conversation)),
        UserId(str(user)),
        max(delivered, read_seq),
        read_seq,
    )
