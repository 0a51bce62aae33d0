"""Users in SQL: who they are, how they sign in, how they are found.

Satisfies `ports.accounts.Accounts`. Sign-ins are in `sessions`, programs' keys in `keys`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import user_words, users
from parlor.drivers.sql.types import MAX_NAME_CHARS
from parlor.model.account import User
from parlor.model.errors import NameTaken, NotFound
from parlor.model.ids import UserId
from parlor.ports.accounts import Credential

_USER = (users.c.id, users.c.name, users.c.display_name)
_AFTER_ALL = "\U0010ffff"
"""Sorts after every character that a name can have: the end of a range of prefixes."""


class SqlAccounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_user(self, user: User, password_hash: str, *, admin: bool) -> None:
        def unit(db: Connection) -> None:
            if db.execute(select(users.c.id).where(users.c.name == user.name)).first():
                raise NameTaken
            row = {
                "id": int(user.id),
                "name": user.name,
                "display_name": user.display_name,
                "password_hash": password_hash,
                "admin": admin,
            }
            db.execute(insert(users), row)
            _index_words(db, user)

        await self._database.write(unit)

    async def credential(self, name: str) -> Credential | None:
        def query(db: Connection) -> Credential | None:
            found = db.execute(
                select(*_USER, users.c.admin, users.c.password_hash).where(users.c.name == name)
            ).first()
            if found is None:
                return None
            return Credential(user_of_row(found), found.admin, found.password_hash)

        return await self._database.read(query)

    async def set_password(self, user: UserId, password_hash: str, *, admin: bool | None) -> None:
        number = number_of(user)
        changes: dict[str, object] = {"password_hash": password_hash}
        if admin is not None:
            changes["admin"] = admin

        def unit(db: Connection) -> None:
            if not db.execute(update(users).where(users.c.id == number).values(changes)).rowcount:
                raise NotFound

        await self._database.write(unit)

    async def users(self, ids: Sequence[UserId]) -> Sequence[User]:
        numbers = [number for number in map(number_of, ids) if number is not None]

        def query(db: Connection) -> Sequence[User]:
            found = db.execute(select(*_USER).where(users.c.id.in_(numbers)))
            by_id = {user.id: user for user in map(user_of_row, found)}
            return [by_id[user] for user in ids if user in by_id]

        return await self._database.read(query) if numbers else []

    async def find_users(self, query: str, after: str, limit: int) -> Sequence[User]:
        prefix = _folded(query)

        def unit(db: Connection) -> Sequence[User]:
            with_word = select(user_words.c.user_id).where(
                user_words.c.word >= prefix, user_words.c.word < prefix + _AFTER_ALL
            )
            found = db.execute(
                select(*_USER)
                .where(users.c.name > after, users.c.id.in_(with_word))
                .order_by(users.c.name)
                .limit(limit)
            )
            return [user_of_row(row) for row in found]

        return await self._database.read(unit)

    async def rename(self, user: UserId, display_name: str) -> User:
        number = number_of(user)

        def unit(db: Connection) -> User:
            db.execute(update(users).where(users.c.id == number).values(display_name=display_name))
            found = db.execute(select(*_USER).where(users.c.id == number)).first()
            if found is None:
                raise NotFound
            renamed = user_of_row(found)
            db.execute(delete(user_words).where(user_words.c.user_id == number))
            _index_words(db, renamed)
            return renamed

        return await self._database.write(unit)

    async def count_admins(self) -> int:
        """Accounts that can act as one: an invited administrator without a password does not."""

        def query(db: Connection) -> int:
            able = select(func.count()).where(users.c.admin, users.c.password_hash != "")
            return db.execute(able).scalar_one()

        return await self._database.read(query)


def user_of_row(row: AnyRow) -> User:
    return User(UserId(str(row.id)), row.name, row.display_name)


def _folded(words: str) -> str:
    """The form in which names are compared; typed width, case and spaces do not matter."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def _index_words(db: Connection, user: User) -> None:
    words = _folded(user.display_name).split(" ")
    # One character may fold into eighteen.
    tails = {" ".join(words[start:])[:MAX_NAME_CHARS] for start in range(len(words))}
    rows = [{"word": word, "user_id": int(user.id)} for word in sorted(tails | {user.name})]
    db.execute(insert(user_words), rows)
