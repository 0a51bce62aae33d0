"""Contacts, requests and blocks in SQL. Satisfies `ports.relations.Relations`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, insert, select, tuple_

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.numbers import number_of, user_id
from parlor.drivers.sql.pairs import bar, load_pair, refusing_to_be_added, side_of_row
from parlor.drivers.sql.people_tables import blocks, contacts
from parlor.drivers.sql.self_log import put
from parlor.model.ids import UserId
from parlor.model.people import Blocked, Contact, ContactState, Pair, Side, contact_of
from parlor.model.relation_entries import changes_between, request_gone
from parlor.model.self_log import Entry
from parlor.ports.relations import Decide

_EXPIRING = (ContactState.ASKED.value, ContactState.ASKS.value, ContactState.ENDED.value)
_encode = msgspec.json.Encoder().encode


class SqlRelations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def pair(self, user: UserId, peer: UserId) -> Pair:
        one, other = number_of(user), number_of(peer)
        return await self._database.read(lambda db: load_pair(db, one, other, lock=False))

    async def change(
        self, user: UserId, peer: UserId, decide: Decide, at_ms: int
    ) -> tuple[Pair, Sequence[Entry]]:
        one, other = number_of(user), number_of(peer)

        def unit(db: Connection) -> tuple[Pair, Sequence[Entry]]:
            before = load_pair(db, one, other, at_ms)
            after = decide(before)
            if after is None or after == before or one is None or other is None:
                return before, ()
            _store(db, one, other, before.mine, after.mine)
            _store(db, other, one, before.theirs, after.theirs)
            if (before.i_may_write, before.they_may_write) != (
                after.i_may_write,
                after.they_may_write,
            ):
                bar(db, one, other, after)
            return after, put(db, changes_between(user, peer, before, after), at_ms)

        return await self._database.write(unit)

    async def refusing_groups(self, adder: UserId, users: Sequence[UserId]) -> Sequence[UserId]:
        number = number_of(adder) or 0
        others = [other for other in map(number_of, users) if other is not None]

        def query(db: Connection) -> Sequence[UserId]:
            return [user_id(other) for other in refusing_to_be_added(db, number, others)]

        return await self._database.read(query)

    async def contacts(
        self, user: UserId, states: Sequence[ContactState], after: UserId | None, limit: int
    ) -> Sequence[Contact]:
        wanted = (
            select(contacts)
            .where(
                contacts.c.user_id == number_of(user),
                contacts.c.peer_id > _after(after),
                contacts.c.state.in_([state.value for state in states]),
            )
            .order_by(contacts.c.peer_id)
            .limit(limit)
        )

        def query(db: Connection) -> Sequence[Contact]:
            found = db.execute(wanted)
            return [contact_of(user_id(row.peer_id), side_of_row(row)) for row in found]

        return await self._database.read(query)

    async def blocks(self, user: UserId, after: UserId | None, limit: int) -> Sequence[Blocked]:
        wanted = (
            select(blocks)
            .where(blocks.c.user_id == number_of(user), blocks.c.blocked_id > _after(after))
            .order_by(blocks.c.blocked_id)
            .limit(limit)
        )

        def query(db: Connection) -> Sequence[Blocked]:
            return [Blocked(user_id(row.blocked_id), row.at_ms) for row in db.execute(wanted)]

        return await self._database.read(query)

    async def expire(self, before_ms: int, at_ms: int, limit: int) -> tuple[Sequence[Entry], int]:
        old = (
            select(contacts.c.user_id, contacts.c.peer_id, contacts.c.state)
            .where(contacts.c.state.in_(_EXPIRING), contacts.c.at_ms < before_ms)
            .order_by(contacts.c.user_id, contacts.c.peer_id)
            .limit(limit)
        )

        def unit(db: Connection) -> tuple[Sequence[Entry], int]:
            found = db.execute(old).all()
            keys = [(row.user_id, row.peer_id) for row in found]
            if keys:
                place = tuple_(contacts.c.user_id, contacts.c.peer_id)
                db.execute(delete(contacts).where(place.in_(keys)))
            ended = ContactState.ENDED.value
            gone = [
                request_gone(user_id(row.user_id), user_id(row.peer_id))
                for row in found
                if row.state != ended
            ]
            return put(db, gone, at_ms), len(found)

        return await self._database.write(unit)


def _after(user: UserId | None) -> int:
    return 0 if user is None else number_of(user) or 0


def _store(db: Connection, owner: int, peer: int, before: Side, after: Side) -> None:
    if contact_of(UserId(""), before) != contact_of(UserId(""), after):
        _drop_contact(db, owner, peer)
        if after.state is not ContactState.NONE:
            db.execute(
                insert(contacts),
                {
                    "user_id": owner,
                    "peer_id": peer,
                    "state": after.state.value,
                    "remark": after.remark,
                    "tags": _encode(after.tags).decode(),
                    "text": after.text,
                    "at_ms": after.at,
                },
            )
    if before.blocked_at != after.blocked_at:
        db.execute(delete(blocks).where(blocks.c.user_id == owner, blocks.c.blocked_id == peer))
        if after.blocks:
            row = {"user_id": owner, "blocked_id": peer, "at_ms": after.blocked_at}
            db.execute(insert(blocks), row)


def _drop_contact(db: Connection, owner: int, peer: int) -> None:
    db.execute(delete(contacts).where(contacts.c.user_id == owner, contacts.c.peer_id == peer))
