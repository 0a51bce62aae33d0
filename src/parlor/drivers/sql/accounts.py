"""Users in SQL: who they are, how they sign in, how they are found.

Satisfies `ports.accounts.Accounts`. Sign-ins are in `sessions`, programs' keys in `keys`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, or_, select, update

from parlor.drivers.sql.audit import record
from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.privacy import privacy_of
from parlor.drivers.sql.sessions import end_where, lock_password
from parlor.drivers.sql.tables import sessions, user_words, users
from parlor.drivers.sql.types import MAX_NAME_CHARS
from parlor.model.account import Identity, User
from parlor.model.audit import AuditEntry
from parlor.model.errors import NameTaken, NotFound, WrongCredentials
from parlor.model.ids import UserId
from parlor.ports.accounts import ANYHOW, Credential, PasswordChange

USER_COLUMNS = (users.c.id, users.c.name, users.c.display_name, users.c.avatar)
"""What `user_of_row` takes."""
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
            index_words(db, user)

        await self._database.write(unit)

    async def credential(self, name: str) -> Credential | None:
        def query(db: Connection) -> Credential | None:
            found = db.execute(
                select(*USER_COLUMNS, users.c.admin, users.c.password_hash).where(
                    users.c.name == name
                )
            ).first()
            if found is None:
                return None
            return Credential(user_of_row(found), found.admin, found.password_hash)

        return await self._database.read(query)

    async def set_password(
        self, user: UserId, password_hash: str, entry: AuditEntry, change: PasswordChange = ANYHOW
    ) -> Sequence[Identity]:
        number = number_of(user)
        if number is None:
            raise NotFound
        changes: dict[str, object] = {"password_hash": password_hash}
        if change.admin:
            changes["admin"] = True

        def unit(db: Connection) -> Sequence[Identity]:
            stored = lock_password(db, number)
            if stored is None:
                raise NotFound
            if change.replaces not in (None, stored):
                raise WrongCredentials
            db.execute(update(users).where(users.c.id == number).values(changes))
            record(db, entry)
            return end_where(db, sessions.c.user_id == number, sessions.c.id != change.but)

        return await self._database.write(unit)

    async def users(self, ids: Sequence[UserId]) -> Sequence[User]:
        numbers = [number for number in map(number_of, ids) if number is not None]

        def query(db: Connection) -> Sequence[User]:
            found = db.execute(select(*USER_COLUMNS).where(users.c.id.in_(numbers)))
            by_id = {user.id: user for user in map(user_of_row, found)}
            return [by_id[user] for user in ids if user in by_id]

        return await self._database.read(query) if numbers else []

    async def find_users(self, query: str, after: str, limit: int) -> Sequence[User]:
        def unit(db: Connection) -> Sequence[User]:
            is_found: ColumnElement[bool] = users.c.id.in_(with_word(query))
            if (number := _of_number(db, query)) is not None:
                is_found = or_(is_found, users.c.id == number)
            found = db.execute(
                select(*USER_COLUMNS)
                .where(users.c.name > after, is_found)
                .order_by(users.c.name)
                .limit(limit)
            )
            return [user_of_row(row) for row in found]

        return await self._database.read(unit)

    async def rename(self, user: UserId, display_name: str) -> User:
        number = number_of(user)

        def unit(db: Connection) -> User:
            db.execute(update(users).where(users.c.id == number).values(display_name=display_name))
            found = db.execute(
                select(*USER_COLUMNS, users.c.privacy).where(users.c.id == number)
            ).first()
            if found is None:
                raise NotFound
            renamed = user_of_row(found)
            db.execute(delete(user_words).where(user_words.c.user_id == number))
            if privacy_of(found.privacy).found_by_name:
                index_words(db, renamed)
            return renamed

        return await self._database.write(unit)

    async def count_admins(self) -> int:
        """Accounts that can act as one: an invited administrator without a password does not."""

        def query(db: Connection) -> int:
            able = select(func.count()).where(users.c.admin, users.c.password_hash != "")
            return db.execute(able).scalar_one()

        return await self._database.read(query)


def user_of_row(row: AnyRow) -> User:
    return User(UserId(str(row.id)), row.name, row.display_name, row.avatar)


def _of_number(db: Connection, query: str) -> int | None:
    """The id that `query` is, of somebody who may be found by it."""
    number = number_of(query.strip())
    stored = db.execute(select(users.c.privacy).where(users.c.id == number)).scalar()
    return number if stored is not None and privacy_of(stored).found_by_number else None


def with_word(beginning: str) -> Select[tuple[int]]:
    """The ids of those with a word in their names that begins so."""
    prefix = _folded(beginning)
    word = user_words.c.word
    return select(user_words.c.user_id).where(word >= prefix, word < prefix + _AFTER_ALL)


def _folded(words: str) -> str:
    """The form in which names are compared; typed width, case and spaces do not matter.

    PostgreSQL takes no NUL in a text, and no name has one.
    """
    spaced = words.replace("\0", " ")
    return " ".join(unicodedata.normalize("NFKC", spaced).casefold().split())


def index_words(db: Connection, user: User) -> None:
    """Let search find this user by name. None of their words may be there yet."""
    words = _folded(user.display_name).split(" ")
    # One character may fold into eighteen.
    tails = {" ".join(words[start:])[:MAX_NAME_CHARS] for start in range(len(words))}
    rows = [{"word": word, "user_id": int(user.id)} for word in sorted(tails | {user.name})]
    db.execute(insert(user_words), rows)
