"""Mail in SQL: putting, paging, acknowledging. Satisfies `ports.mailbox.Mailbox`.

Posts that wait for the same commit are put together: a handful of statements whatever their
number. Reading is in `drivers.sql.mail_pages`, how entries leave in `drivers.sql.mail_removal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.locks import lock_rows
from parlor.drivers.sql.mail_pages import cursor_of_row, read_known, read_page
from parlor.drivers.sql.mail_removal import (
    MAX_NAMES,
    chunks,
    expire,
    remove_acknowledged,
    trim,
)
from parlor.drivers.sql.tables import mail, mail_boxes, mail_cursors, mail_pushes
from parlor.model.errors import ParlorError
from parlor.model.ids import DeviceId, UserId
from parlor.model.mail import Cursor, Page, Place, Post
from parlor.ports.mailbox import Known, MailboxLimits, Posted, Removed

_encode = msgspec.msgpack.Encoder().encode

_OWNERS = select(mail_cursors.c.device, mail_cursors.c.user_id).where(
    mail_cursors.c.device.in_(bindparam("devices", expanding=True))
)
_first = select(func.min(mail.c.number)).where(mail.c.user_id == mail_boxes.c.user_id)
_BOXES = select(mail_boxes, _first.scalar_subquery().label("first")).where(
    mail_boxes.c.user_id.in_(bindparam("users", expanding=True))
)
_PUT_BEFORE = select(mail.c.push_id, mail.c.user_id, mail.c.device, mail.c.number).where(
    mail.c.push_id.in_(bindparam("pushes", expanding=True))
)
_GROW = (
    update(mail_boxes)
    .where(mail_boxes.c.user_id == bindparam("box"))
    .values({name: bindparam(f"new_{name}") for name in ("last", "entries", "bytes", "used_at")})
)
_CURSORS = select(mail_cursors).where(
    tuple_(mail_cursors.c.user_id, mail_cursors.c.device).in_(bindparam("pairs", expanding=True))
)
_MOVE = (
    update(mail_cursors)
    .where(
        mail_cursors.c.user_id == bindparam("who"), mail_cursors.c.device == bindparam("with_what")
    )
    .values(acked=bindparam("new_acked"), seen_at=bindparam("new_seen_at"))
)


@dataclass(slots=True)
class _Box:
    last: int
    entries: int
    bytes: int
    first: int
    used_at: int
    is_new: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class _Put:
    """What one commit adds."""

    boxes: dict[str, _Box]
    before: Mapping[tuple[str, str, str], int]
    pushes: dict[str, bytes] = field(default_factory=dict)
    entries: list[Mapping[str, object]] = field(default_factory=list)

    def place(self, post: Post, user: UserId, device: DeviceId) -> tuple[Place, bool]:
        """Its place in this mailbox, and whether it is a new one."""
        push = post.push
        box = self.boxes.get(user)
        if box is None:
            # Later than any number given before, should the counter have been forgotten.
            box = self.boxes[user] = _Box(post.at_ms, 0, 0, post.at_ms + 1, 0, is_new=True)
        number = self.before.get((push.id, user, device))
        if number is not None:
            return Place(user, number, box.first, device), False
        size = len(push.body)
        box.last += 1
        if not box.entries:
            box.first = box.last
        box.entries += 1
        box.bytes += size
        box.used_at = post.at_ms
        box.is_changed = True
        if push.id not in self.pushes:
            self.pushes[push.id] = _encode(push)
        self.entries.append(
            {
                "user_id": user,
                "number": box.last,
                "device": device,
                "push_id": push.id,
                "size": size,
                "put_at": post.at_ms,
            }
        )
        return Place(user, box.last, box.first, device), True


class SqlMailbox:
    def __init__(self, database: Database, limits: MailboxLimits) -> None:
        self._database = database
        self._limits = limits

    async def put(self, post: Post) -> Posted:
        return await self._database.write_together(self._put_all, post)

    async def page(
        self, user: UserId, device: DeviceId, after: int | None, max_entries: int, max_bytes: int
    ) -> Page:
        return await self._database.read(
            lambda db: read_page(db, user, device, after, max_entries, max_bytes)
        )

    async def note(self, cursors: Sequence[Cursor]) -> Removed:
        return await self._database.write(lambda db: self._note(db, cursors))

    async def idle(self, before_ms: int, limit: int) -> Sequence[Cursor]:
        wanted = select(mail_cursors).where(mail_cursors.c.seen_at < before_ms)
        wanted = wanted.order_by(mail_cursors.c.seen_at).limit(limit)
        return await self._database.read(
            lambda db: [cursor_of_row(row) for row in db.execute(wanted)]
        )

    async def forget(self, cursors: Sequence[Cursor]) -> Removed:
        def unit(db: Connection) -> Removed:
            for one in cursors:
                db.execute(
                    mail_cursors.delete().where(
                        mail_cursors.c.user_id == one.user,
                        mail_cursors.c.device == one.device,
                        mail_cursors.c.seen_at <= one.seen_at_ms,
                    )
                )
            return remove_acknowledged(db, [one.user for one in cursors])

        return await self._database.write(unit)

    async def expire(self, before_ms: int, limit: int) -> Removed:
        return await self._database.write(lambda db: expire(db, before_ms, limit))

    async def known(self, max_boxes: int, max_devices: int) -> Known:
        return await self._database.read(lambda db: read_known(db, max_boxes, max_devices))

    async def count(self) -> int:
        total = select(func.sum(mail_boxes.c.entries)).where(mail_boxes.c.entries > 0)
        return await self._database.read(lambda db: int(db.execute(total).scalar() or 0))

    def _put_all(self, db: Connection, posts: Sequence[Post]) -> Sequence[Posted | ParlorError]:
        owners = _owners(db, posts)
        users = {user for post in posts for user in post.users}
        users.update(user for found in owners.values() for user in found)
        for some in chunks(sorted(users)):
            lock_rows(db, mail_boxes.c.user_id, some)
        put = _Put(_boxes(db, users), _put_before(db, posts))
        outcomes: list[Posted] = []
        for post in posts:
            targets = [(user, DeviceId("")) for user in dict.fromkeys(post.users)]
            targets += [(u, device) for device in post.devices for u in owners.get(device, ())]
            placed = [put.place(post, user, device) for user, device in dict.fromkeys(targets)]
            outcomes.append(
                Posted(
                    places=tuple(place for place, _ in placed),
                    strangers=tuple(one for one in post.devices if one not in owners),
                    stored=sum(is_new for _, is_new in placed),
                )
            )
        dropped = self._store(db, put)
        if dropped:
            outcomes[-1] = msgspec.structs.replace(outcomes[-1], dropped=dropped)
        return outcomes

    def _store(self, db: Connection, put: _Put) -> int:
        """Write it; returns how many of the oldest had to go."""
        if not put.entries:
            return 0
        known = select(mail_pushes.c.push_id).where(mail_pushes.c.push_id.in_(list(put.pushes)))
        there = set(db.execute(known).scalars())
        bodies = [
            {"push_id": name, "push": push}
            for name, push in put.pushes.items()
            if name not in there
        ]
        if bodies:
            db.execute(insert(mail_pushes), bodies)
        db.execute(insert(mail), put.entries)
        changed = {user: box for user, box in put.boxes.items() if box.is_changed}
        made = [_box_row(user, box, "") for user, box in changed.items() if box.is_new]
        grown = [_box_row(user, box, "new_") for user, box in changed.items() if not box.is_new]
        if made:
            db.execute(insert(mail_boxes), made)
        if grown:
            db.execute(_GROW, grown)
        limits = self._limits
        full = [
            user
            for user, box in changed.items()
            if box.entries > limits.max_entries or box.bytes > limits.max_bytes
        ]
        return sum(trim(db, user, limits) for user in full)

    def _note(self, db: Connection, cursors: Sequence[Cursor]) -> Removed:
        boxes = _boxes(db, {one.user for one in cursors})
        pairs = list({(one.user, one.device): None for one in cursors})
        there = {
            (row.user_id, row.device): cursor_of_row(row)
            for row in db.execute(_CURSORS, {"pairs": pairs})
        }
        moved: dict[tuple[str, str], Cursor] = dict(there)
        for one in cursors:
            box = boxes.get(one.user)
            acked = min(one.acked, box.last) if box else 0
            seen_at_ms = one.seen_at_ms
            old = moved.get((one.user, one.device))
            if old is not None:
                acked, seen_at_ms = max(acked, old.acked), max(seen_at_ms, old.seen_at_ms)
            moved[one.user, one.device] = Cursor(one.user, one.device, acked, seen_at_ms)
        forgotten: list[tuple[UserId, DeviceId]] = []
        new = [one for pair, one in moved.items() if pair not in there]
        old_ones = [one for pair, one in moved.items() if pair in there]
        if new:
            db.execute(
                insert(mail_cursors),
                [
                    {
                        "user_id": one.user,
                        "device": one.device,
                        "acked": one.acked,
                        "seen_at": one.seen_at_ms,
                    }
                    for one in new
                ],
            )
            forgotten = self._forget_too_many(db, {one.user for one in new})
        if old_ones:
            db.execute(
                _MOVE,
                [
                    {
                        "who": one.user,
                        "with_what": one.device,
                        "new_acked": one.acked,
                        "new_seen_at": one.seen_at_ms,
                    }
                    for one in old_ones
                ],
            )
        full = [user for user, box in boxes.items() if box.entries]
        removed = remove_acknowledged(db, full)
        return msgspec.structs.replace(removed, forgotten=tuple(forgotten))

    def _forget_too_many(self, db: Connection, users: set[UserId]) -> list[tuple[UserId, DeviceId]]:
        """Keep the devices of each user that were heard of most lately."""
        counted = (
            select(mail_cursors.c.user_id)
            .where(mail_cursors.c.user_id.in_(list(users)))
            .group_by(mail_cursors.c.user_id)
            .having(func.count() > self._limits.max_devices)
        )
        forgotten: list[tuple[UserId, DeviceId]] = []
        for user in list(db.execute(counted).scalars()):
            oldest = (
                select(mail_cursors.c.device)
                .where(mail_cursors.c.user_id == user)
                .order_by(mail_cursors.c.seen_at.desc(), mail_cursors.c.device)
                .offset(self._limits.max_devices)
                .limit(MAX_NAMES)
            )
            devices = list(db.execute(oldest).scalars())
            db.execute(
                mail_cursors.delete().where(
                    mail_cursors.c.user_id == user, mail_cursors.c.device.in_(devices)
                )
            )
            forgotten += [(UserId(user), DeviceId(device)) for device in devices]
        return forgotten


def _owners(db: Connection, posts: Sequence[Post]) -> dict[str, list[UserId]]:
    """Who uses each of the devices that somebody is known to use."""
    devices = {device for post in posts for device in post.devices}
    owners: dict[str, list[UserId]] = {}
    for some in chunks(devices):
        for device, user in db.execute(_OWNERS, {"devices": some}):
            owners.setdefault(device, []).append(UserId(user))
    return owners


def _boxes(db: Connection, users: set[UserId]) -> dict[str, _Box]:
    return {
        row.user_id: _Box(row.last, row.entries, row.bytes, row.first or row.last + 1, row.used_at)
        for some in chunks(users)
        for row in db.execute(_BOXES, {"users": some})
    }


def _put_before(db: Connection, posts: Sequence[Post]) -> dict[tuple[str, str, str], int]:
    again = [post.push.id for post in posts if post.again]
    if not again:
        return {}
    found = db.execute(_PUT_BEFORE, {"pushes": again})
    return {(row.push_id, row.user_id, row.device): row.number for row in found}


def _box_row(user: str, box: _Box, prefix: str) -> dict[str, Any]:
    return {
        ("box" if prefix else "user_id"): user,
        prefix + "last": box.last,
        prefix + "entries": box.entries,
        prefix + "bytes": box.bytes,
        prefix + "used_at": box.used_at,
    }
