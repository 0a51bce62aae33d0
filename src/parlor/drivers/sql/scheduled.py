"""Scheduled messages in SQL. Satisfies `ports.scheduled`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_, update

from parlor.drivers.sql.appending import said_before
from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.message_tables import scheduled
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import conversations, members
from parlor.model.errors import ClientIdUsed, LimitReached, NotFound, NotMember, TooLate
from parlor.model.event import FOREVER
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Said, Scheduled

_said = msgspec.json.Decoder(Said)
_CLAIM = (
    update(scheduled)
    .where(scheduled.c.user_id == bindparam("of_user"), scheduled.c.id == bindparam("of_id"))
    .values(due_at=bindparam("until"), claimed_until=bindparam("until"))
)


class SqlSchedule:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, message: Scheduled, most: int) -> tuple[Scheduled, bool]:
        return await self._database.write(lambda db: _put(db, message, most))

    async def of_user(
        self, user: UserId, after: tuple[int, str] | None, limit: int
    ) -> Sequence[Scheduled]:
        wanted = select(scheduled).where(scheduled.c.user_id == number_of(user))
        if after is not None:
            wanted = wanted.where(tuple_(scheduled.c.at_ms, scheduled.c.id) > tuple_(*after))
        wanted = wanted.order_by(scheduled.c.at_ms, scheduled.c.id).limit(limit)
        return await self._database.read(lambda db: [_message(row) for row in db.execute(wanted)])

    async def cancel(self, user: UserId, client_id: str, now_ms: int) -> Scheduled | None:
        return await self._database.write(lambda db: _cancel(db, user, client_id, now_ms))

    async def remove(self, user: UserId, client_id: str) -> Scheduled | None:
        mine = _mine(user, client_id)

        def unit(db: Connection) -> Scheduled | None:
            found = db.execute(select(scheduled).where(*mine).with_for_update()).first()
            db.execute(delete(scheduled).where(*mine))
            return None if found is None else _message(found)

        return await self._database.write(unit)

    async def claim(self, now_ms: int, until_ms: int, limit: int) -> Sequence[Scheduled]:
        if not await self._database.read(lambda db: _is_due(db, now_ms)):
            return []
        return await self._database.write(lambda db: _claim(db, now_ms, until_ms, limit))

    async def postpone(self, user: UserId, client_id: str, until_ms: int) -> None:
        await self._set(user, client_id, due_at=until_ms, claimed_until=0)

    async def refuse(self, user: UserId, client_id: str, code: str) -> None:
        await self._set(user, client_id, due_at=FOREVER, claimed_until=0, refused=code)

    async def next_at_ms(self) -> int | None:
        first = select(func.min(scheduled.c.due_at)).where(scheduled.c.due_at < FOREVER)
        return await self._database.read(lambda db: db.execute(first).scalar())

    async def _set(self, user: UserId, client_id: str, **values: object) -> None:
        change = update(scheduled).where(*_mine(user, client_id)).values(**values)

        def unit(db: Connection) -> None:
            db.execute(change)

        await self._database.write(unit)


def _put(db: Connection, message: Scheduled, most: int) -> tuple[Scheduled, bool]:
    conversation, user = number_of(message.conversation_id), number_of(message.user_id)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    mine = scheduled.c.user_id == user
    known = db.execute(select(scheduled).where(mine, scheduled.c.id == message.client_id)).first()
    if known is not None:
        if known.conversation_id != conversation:
            raise ClientIdUsed
        return _message(known), False
    _check_member(db, conversation, user)
    waiting = db.execute(select(func.count()).select_from(scheduled).where(mine)).scalar_one()
    if waiting >= most:
        raise LimitReached(f"At most {most} messages wait to be sent.")
    row = {
        "user_id": user,
        "id": message.client_id,
        "conversation_id": conversation,
        "at_ms": message.at_ms,
        "due_at": message.at_ms,
        "claimed_until": 0,
        "refused": "",
        "draft": msgspec.json.encode(message.said),
    }
    db.execute(insert(scheduled), row)
    return message, True


def _check_member(db: Connection, conversation: int, user: int | None) -> None:
    """Raises NotFound, NotMember."""
    inside = db.execute(
        select(members.c.user_id).where(
            members.c.conversation_id == conversation, members.c.user_id == user
        )
    ).first()
    if inside is not None:
        return
    there = db.execute(select(conversations.c.id).where(conversations.c.id == conversation))
    raise NotFound("There is no such conversation.") if there.first() is None else NotMember()


def _cancel(db: Connection, user: UserId, client_id: str, now_ms: int) -> Scheduled | None:
    mine = _mine(user, client_id)
    found = db.execute(select(scheduled).where(*mine).with_for_update()).first()
    if found is None:
        return None
    if found.claimed_until > now_ms:
        raise TooLate("This message is being sent at this moment.")
    # Who held the last claim may have died after sending it.
    sent = said_before(db, found.conversation_id, found.user_id, [found.id])
    db.execute(delete(scheduled).where(*mine))
    return None if sent else _message(found)


def _is_due(db: Connection, now_ms: int) -> bool:
    return db.execute(select(scheduled.c.id).where(_due(now_ms)).limit(1)).first() is not None


def _claim(db: Connection, now_ms: int, until_ms: int, limit: int) -> Sequence[Scheduled]:
    found = db.execute(
        select(scheduled)
        .where(_due(now_ms))
        .order_by(scheduled.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if found:
        db.execute(
            _CLAIM,
            [{"of_user": row.user_id, "of_id": row.id, "until": until_ms} for row in found],
        )
    return [_message(row) for row in found]


def _due(now_ms: int) -> Any:
    return scheduled.c.due_at <= now_ms


def _mine(user: UserId, client_id: str) -> tuple[Any, Any]:
    return scheduled.c.user_id == number_of(user), scheduled.c.id == client_id


def _message(row: AnyRow) -> Scheduled:
    return Scheduled(
        user_id=UserId(str(row.user_id)),
        conversation_id=ConversationId(str(row.conversation_id)),
        client_id=row.id,
        at_ms=row.at_ms,
        said=_said.decode(row.draft),
        refused=row.refused,
    )
