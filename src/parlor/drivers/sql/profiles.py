"""Profiles, privacy, status and last seen in SQL. Satisfies `ports.profiles.Profiles`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from parlor.drivers.sql.accounts import USER_COLUMNS, index_words, user_of_row
from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.numbers import number_of, user_id
from parlor.drivers.sql.pairs import CHUNK, bar_all, blocked_pairs, contacts_of
from parlor.drivers.sql.people_tables import avatars, contacts
from parlor.drivers.sql.privacy import privacy_of, stored_of
from parlor.drivers.sql.self_log import put
from parlor.drivers.sql.tables import conversations, members, user_words, users
from parlor.model.errors import NotFound
from parlor.model.ids import UserId
from parlor.model.people import ContactState, Privacy
from parlor.model.relation_entries import PRIVACY, STATUS, setting_change
from parlor.model.self_log import Entry
from parlor.model.status import Sight, State, Status, sight_of
from parlor.ports.profiles import Card, DecidePrivacy

_encode = msgspec.json.Encoder().encode
_status = msgspec.json.Decoder(Status)
_SEEN = (
    update(users)
    .where(users.c.id == bindparam("user"), users.c.last_seen_at < bindparam("at"))
    .values(last_seen_at=bindparam("at"))
)


class SqlProfiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def card(self, user: UserId) -> Card | None:
        number = number_of(user)

        def query(db: Connection) -> Card | None:
            found = db.execute(_CARD.where(users.c.id == number)).first()
            return None if found is None else _card_of_row(found)

        return await self._database.read(query)

    async def set_about(self, user: UserId, about: str) -> None:
        await self._database.write(lambda db: _set(db, number_of(user), about=about))

    async def set_avatar(self, user: UserId, avatar: str) -> None:
        def unit(db: Connection) -> None:
            if avatar and not _is_there(db, avatar):
                raise NotFound("There is no such picture.")
            _set(db, number_of(user), avatar=avatar)

        await self._database.write(unit)

    async def change_privacy(
        self, user: UserId, decide: DecidePrivacy, at_ms: int
    ) -> tuple[Privacy, Sequence[Entry]]:
        number = number_of(user)

        def unit(db: Connection) -> tuple[Privacy, Sequence[Entry]]:
            card = _locked(db, number)
            before, after = card.privacy, decide(card.privacy)
            if after == before:
                return before, ()
            _set(db, number, privacy=stored_of(after))
            if before.found_by_name != after.found_by_name:
                db.execute(delete(user_words).where(user_words.c.user_id == number))
                if after.found_by_name:
                    index_words(db, card.user)
            if before.write != after.write:
                bar_all(db, int(card.user.id), after)
            return after, put(db, [setting_change(PRIVACY, user, after)], at_ms)

        return await self._database.write(unit)

    async def set_status(self, user: UserId, status: Status, at_ms: int) -> Sequence[Entry]:
        number = number_of(user)

        def unit(db: Connection) -> Sequence[Entry]:
            before = _locked(db, number).status.state
            _set(db, number, status=_encode(status).decode())
            if status.state is State.INVISIBLE and before is not State.INVISIBLE:
                db.execute(_SEEN, {"user": number, "at": at_ms})
            return put(db, [setting_change(STATUS, user, status)], at_ms)

        return await self._database.write(unit)

    async def sights(self, pairs: Sequence[tuple[UserId, UserId]]) -> Sequence[Sight]:
        def query(db: Connection) -> Sequence[Sight]:
            found: list[Sight] = []
            for start in range(0, len(pairs), CHUNK):
                found += _sights(db, pairs[start : start + CHUNK])
            return found

        return await self._database.read(query)

    async def put_last_seen(self, at_ms: Mapping[UserId, int]) -> None:
        times = {number: at for user, at in at_ms.items() if (number := number_of(user))}
        numbers = list(times)

        def unit(db: Connection) -> None:
            for start in range(0, len(numbers), CHUNK):
                some = numbers[start : start + CHUNK]
                rows = db.execute(select(users.c.id, users.c.status).where(users.c.id.in_(some)))
                shown = [
                    {"user": row.id, "at": times[row.id]}
                    for row in rows
                    if _status_of(row.status).state is not State.INVISIBLE
                ]
                if shown:
                    db.execute(_SEEN, shown)

        if numbers:
            await self._database.write(unit)

    async def acquaintances(self, user: UserId, group_size: int, limit: int) -> Sequence[UserId]:
        number = number_of(user)
        friends = (
            select(contacts.c.peer_id)
            .where(contacts.c.user_id == number, contacts.c.state == ContactState.CONTACT.value)
            .limit(limit)
        )
        mine, theirs = members.alias(), members.alias()
        small = (
            select(theirs.c.user_id)
            .distinct()
            .select_from(mine)
            .join(conversations, conversations.c.id == mine.c.conversation_id)
            .join(theirs, theirs.c.conversation_id == conversations.c.id)
            .where(
                mine.c.user_id == number,
                conversations.c.member_count <= group_size,
                theirs.c.user_id != number,
            )
            .limit(limit)
        )

        def query(db: Connection) -> Sequence[UserId]:
            found = [*db.execute(friends).scalars(), *db.execute(small).scalars()]
            return [user_id(one) for one in dict.fromkeys(found)][:limit]

        return await self._database.read(query)


_CARD = select(*USER_COLUMNS, users.c.about, users.c.privacy, users.c.status)


def _card_of_row(row: AnyRow) -> Card:
    return Card(user_of_row(row), row.about, privacy_of(row.privacy), _status_of(row.status))


def _status_of(stored: str) -> Status:
    return _status.decode(stored) if stored else Status()


def _locked(db: Connection, number: int | None) -> Card:
    found = db.execute(_CARD.where(users.c.id == number).with_for_update(key_share=True)).first()
    if found is None:
        raise NotFound("There is no such user.")
    return _card_of_row(found)


def _set(db: Connection, number: int | None, **values: str) -> None:
    if not db.execute(update(users).where(users.c.id == number).values(values)).rowcount:
        raise NotFound("There is no such user.")


def _is_there(db: Connection, avatar: str) -> bool:
    return db.execute(select(avatars.c.id).where(avatars.c.id == avatar)).first() is not None


def _sights(db: Connection, pairs: Sequence[tuple[UserId, UserId]]) -> list[Sight]:
    numbers = [(number_of(viewer) or 0, number_of(user) or 0) for viewer, user in pairs]
    rows = {
        row.id: row
        for row in db.execute(
            select(users.c.id, users.c.privacy, users.c.status, users.c.last_seen_at).where(
                users.c.id.in_({user for _, user in numbers})
            )
        )
    }
    friends = contacts_of(db, [(user, viewer) for viewer, user in numbers])
    blocked = blocked_pairs(db, numbers)
    found = []
    for (viewer, user), number in zip(pairs, numbers, strict=True):
        row = rows.get(number[1])
        if row is None:
            found.append(Sight(user))
            continue
        found.append(
            sight_of(
                viewer,
                user,
                _status_of(row.status),
                row.last_seen_at,
                privacy_of(row.privacy),
                contact=(number[1], number[0]) in friends,
                blocked=number in blocked,
            )
        )
    return found
