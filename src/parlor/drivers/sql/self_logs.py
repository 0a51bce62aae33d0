"""Everybody's self logs in SQL. Satisfies `ports.self_log.SelfLog`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_, update

from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.own import keep_own, place_of
from parlor.drivers.sql.self_log import put
from parlor.drivers.sql.self_tables import self_entries, self_logs
from parlor.drivers.sql.tables import users
from parlor.model.errors import LimitReached, NotFound, NotMember
from parlor.model.ids import ConversationId, UserId
from parlor.model.own import Arrangement, arranged
from parlor.model.self_log import Change, Entry, SelfKind
from parlor.ports.self_log import NO_LIMITS, SelfPage

_COLUMNS = (
    self_entries.c.user_id,
    self_entries.c.key,
    self_entries.c.seq,
    self_entries.c.kind,
    self_entries.c.body,
    self_entries.c.at_ms,
)
# The log's own row comes with its entries, and alone when there are none after.
_PAGE = (
    select(self_logs.c.last_seq, self_logs.c.floor_seq, *_COLUMNS)
    .select_from(
        self_logs.outerjoin(
            self_entries,
            (self_entries.c.user_id == self_logs.c.user_id)
            & (self_entries.c.seq > bindparam("after")),
        )
    )
    .where(self_logs.c.user_id == bindparam("user"))
    .order_by(self_entries.c.seq)
    .limit(bindparam("most"))
)
_NEWEST = (
    select(*_COLUMNS)
    .where(
        self_entries.c.user_id == bindparam("user"),
        self_entries.c.kind == bindparam("kind"),
        self_entries.c.seq < bindparam("before"),
        self_entries.c.body.is_not(None),
    )
    .order_by(self_entries.c.seq.desc())
    .limit(bindparam("most"))
)
_AT = select(*_COLUMNS).where(
    self_entries.c.user_id.in_(bindparam("users", expanding=True)),
    self_entries.c.key == bindparam("key"),
)
_COUNT = select(func.count()).where(
    self_entries.c.user_id == bindparam("user"),
    self_entries.c.kind == bindparam("kind"),
    self_entries.c.body.is_not(None),
)
_GONE = (
    select(self_entries.c.user_id, self_entries.c.key, self_entries.c.seq)
    .where(self_entries.c.gone_at < bindparam("before"))
    .order_by(self_entries.c.gone_at)
    .limit(bindparam("most"))
)
_RAISE_FLOOR = (
    update(self_logs)
    .where(self_logs.c.user_id == bindparam("user"), self_logs.c.floor_seq < bindparam("floor"))
    .values(floor_seq=bindparam("floor"))
)
_ENDLESS = (1 << 63) - 1
_NOTHING = (None, 0)
_NEW = -1
"""In place of the seq of what is put by the same call, which nothing can know."""


class SqlSelfLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, changes: Sequence[Change], at_ms: int, most: Mapping[SelfKind, int] = NO_LIMITS
    ) -> Sequence[Entry]:
        if any(number_of(change.user_id) is None for change in changes):
            raise NotFound("There is no such user.")
        return await self._database.write(lambda db: _put(db, changes, at_ms, most))

    async def arrange(
        self, user: UserId, conversation: ConversationId, wish: Arrangement, at_ms: int
    ) -> Entry | None:
        number, place = number_of(user), number_of(conversation)
        if place is None:
            raise NotFound("There is no such conversation.")
        if number is None:
            raise NotMember

        def unit(db: Connection) -> Entry | None:
            here = place_of(db, place, number)
            return keep_own(db, here, arranged(here.own, wish, here.last_seq), at_ms)

        return await self._database.write(unit)

    async def page(self, user: UserId, after: int, limit: int) -> SelfPage:
        wanted = {"user": number_of(user), "after": after, "most": limit}
        rows = await self._database.read(lambda db: db.execute(_PAGE, wanted).all())
        if not rows:
            return SelfPage((), 0, 0)
        entries = tuple(_entry(row[2:]) for row in rows if row.key is not None)
        return SelfPage(entries, rows[0].last_seq, rows[0].floor_seq)

    async def at(self, users: Sequence[UserId], key: str) -> Sequence[Entry]:
        wanted = {"users": [number_of(user) for user in users], "key": key}
        rows = await self._database.read(lambda db: db.execute(_AT, wanted).all())
        return [_entry(row) for row in rows]

    async def newest(
        self, user: UserId, kind: SelfKind, before: int | None, limit: int
    ) -> Sequence[Entry]:
        wanted = {
            "user": number_of(user),
            "kind": kind.value,
            "before": _ENDLESS if before is None else before,
            "most": limit,
        }
        rows = await self._database.read(lambda db: db.execute(_NEWEST, wanted).all())
        return [_entry(row) for row in rows]

    async def forget_gone(self, before_ms: int, limit: int) -> int:
        return await self._database.write(lambda db: _forget_gone(db, before_ms, limit))


def _put(
    db: Connection, changes: Sequence[Change], at_ms: int, most: Mapping[SelfKind, int]
) -> Sequence[Entry]:
    people = {int(change.user_id) for change in changes}
    known = set(db.execute(select(users.c.id).where(users.c.id.in_(people))).scalars())
    if known != people:
        raise NotFound("There is no such user.")
    stored = _newest(db, changes)
    new: list[Change] = []
    more: Counter[tuple[UserId, SelfKind]] = Counter()
    for change in changes:
        place = change.user_id, change.key
        was, seq = stored.get(place, _NOTHING)
        if was == change.body or change.over not in (None, seq):
            continue
        if change.body is None or was is None:
            more[change.user_id, change.kind] += 1 if change.body is not None else -1
        stored[place] = change.body, _NEW
        new.append(change)
    for (user, kind), added in more.items():
        if kind in most and added > 0 and _count(db, user, kind) + added > most[kind]:
            raise LimitReached
    return put(db, new, at_ms)


def _newest(
    db: Connection, changes: Sequence[Change]
) -> dict[tuple[UserId, str], tuple[bytes | None, int]]:
    keys = [(int(change.user_id), change.key) for change in changes]
    found = db.execute(
        select(
            self_entries.c.user_id, self_entries.c.key, self_entries.c.body, self_entries.c.seq
        ).where(tuple_(self_entries.c.user_id, self_entries.c.key).in_(keys))
    )
    return {(UserId(str(row.user_id)), row.key): (row.body, row.seq) for row in found}


def _count(db: Connection, user: UserId, kind: SelfKind) -> int:
    wanted = {"user": int(user), "kind": kind.value}
    number: int = db.execute(_COUNT, wanted).scalar_one()
    return number


def _forget_gone(db: Connection, before_ms: int, limit: int) -> int:
    rows = db.execute(_GONE, {"before": before_ms, "most": limit}).all()
    if not rows:
        return 0
    floors: dict[int, int] = {}
    for user, _, seq in rows:
        floors[user] = max(seq, floors.get(user, 0))
    # By its seq too: what has come back since keeps its place.
    gone = delete(self_entries).where(
        self_entries.c.user_id == bindparam("user"),
        self_entries.c.key == bindparam("old"),
        self_entries.c.seq == bindparam("at"),
    )
    db.execute(gone, [{"user": user, "old": key, "at": seq} for user, key, seq in rows])
    db.execute(_RAISE_FLOOR, [{"user": user, "floor": seq} for user, seq in floors.items()])
    return len(rows)


def _entry(row: AnyRow | Sequence[Any]) -> Entry:
    user, key, seq, kind, body, at_ms = row
    return Entry(UserId(str(user)), str(key), seq, SelfKind(kind), body, at_ms)
