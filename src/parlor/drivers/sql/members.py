"""Long lists of members in SQL. Satisfies `ports.members`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from parlor.drivers.sql.accounts import with_word
from parlor.drivers.sql.conversation_rows import MEMBER_COLUMNS, member_of_row
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.group_tables import departures
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import members
from parlor.drivers.sql.tables import users as accounts
from parlor.model.conversation import Member
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId
from parlor.model.member_change import MemberChange
from parlor.model.status import State

# The status is JSON without spaces.
_INVISIBLE = f'"state":"{State.INVISIBLE.value}"'


class SqlMembers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self, conversation: ConversationId) -> int:
        number = number_of(conversation)

        def query(db: Connection) -> int:
            newest = [
                db.execute(
                    select(func.max(members.c.changed_seq)).where(
                        members.c.conversation_id == number
                    )
                ).scalar(),
                db.execute(
                    select(func.max(departures.c.left_seq)).where(
                        departures.c.conversation_id == number
                    )
                ).scalar(),
            ]
            return max(version or 0 for version in newest)

        return await self._database.read(query)

    async def changes(
        self, conversation: ConversationId, after: tuple[int, UserId | None], limit: int
    ) -> Sequence[MemberChange]:
        number = number_of(conversation)

        def query(db: Connection) -> Sequence[MemberChange]:
            there = db.execute(
                select(*MEMBER_COLUMNS, members.c.changed_seq)
                .where(
                    members.c.conversation_id == number,
                    _after(members.c.changed_seq, members.c.user_id, after),
                )
                .order_by(members.c.changed_seq, members.c.user_id)
                .limit(limit)
            )
            gone = db.execute(
                select(departures.c.left_seq, departures.c.user_id)
                .where(
                    departures.c.conversation_id == number,
                    _after(departures.c.left_seq, departures.c.user_id, after),
                )
                .order_by(departures.c.left_seq, departures.c.user_id)
                .limit(limit)
            )
            found = [
                MemberChange(row.changed_seq, UserId(str(row.user_id)), member_of_row(row))
                for row in there
            ]
            found += [MemberChange(row.left_seq, UserId(str(row.user_id)), None) for row in gone]
            found.sort(key=lambda change: (change.version, int(change.user_id)))
            return found[:limit]

        return await self._database.read(query)

    async def find(
        self, conversation: ConversationId, words: str, after: UserId | None, limit: int
    ) -> Sequence[Member]:
        wanted = (
            select(*MEMBER_COLUMNS)
            .where(
                members.c.conversation_id == number_of(conversation),
                members.c.user_id > (number_of(after or "0") or 0),
                members.c.user_id.in_(with_word(words)),
            )
            .order_by(members.c.user_id)
            .limit(limit)
        )
        return await self._database.read(lambda db: list(map(member_of_row, db.execute(wanted))))

    async def among(self, conversation: ConversationId, users: Sequence[UserId]) -> int:
        numbers = [number for number in map(number_of, users) if number is not None]
        wanted = select(func.count()).where(
            members.c.conversation_id == number_of(conversation),
            members.c.user_id.in_(numbers),
            accounts.c.id == members.c.user_id,
            ~accounts.c.status.contains(_INVISIBLE, autoescape=True),
        )
        return await self._database.read(lambda db: db.execute(wanted).scalar_one())

    async def with_role(
        self, conversation: ConversationId, role: Role, limit: int
    ) -> Sequence[Member]:
        wanted = (
            select(*MEMBER_COLUMNS)
            .where(
                members.c.conversation_id == number_of(conversation),
                members.c.role == role.value,
            )
            .limit(limit)
        )
        return await self._database.read(lambda db: list(map(member_of_row, db.execute(wanted))))


def _after(
    version: ColumnElement[int], user: ColumnElement[int], after: tuple[int, UserId | None]
) -> ColumnElement[bool]:
    seq, last = after
    if last is None:
        return version > seq
    return or_(version > seq, and_(version == seq, user > (number_of(last) or 0)))
