"""How mail leaves the tables: acknowledged by all, too much, or too old.

An entry takes its body with it when it was the last that needed it. Used by
`drivers.sql.mailbox` only, inside its units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, exists, func, select, update

from parlor.drivers.sql.tables import mail, mail_boxes, mail_cursors, mail_pushes
from parlor.model.ids import UserId
from parlor.ports.mailbox import MailboxLimits, Removed

MAX_NAMES = 1_000
"""In one statement; engines bound them."""
STEP = 32
"""Entries looked at together when a mailbox is too full, which mostly is by one."""

_ENTRY = select(mail.c.user_id, mail.c.number, mail.c.push_id, mail.c.size)
_DELETE = delete(mail).where(
    mail.c.user_id == bindparam("of_user"), mail.c.number == bindparam("of_number")
)
_SHRINK = (
    update(mail_boxes)
    .where(mail_boxes.c.user_id == bindparam("box"))
    .values(
        entries=mail_boxes.c.entries - bindparam("fewer"),
        bytes=mail_boxes.c.bytes - bindparam("less"),
    )
)
_by_all = select(func.min(mail_cursors.c.acked)).where(mail_cursors.c.user_id == mail.c.user_id)
_by_its_device = select(mail_cursors.c.acked).where(
    and_(mail_cursors.c.user_id == mail.c.user_id, mail_cursors.c.device == mail.c.device)
)
_ACKNOWLEDGED = _ENTRY.where(
    mail.c.user_id.in_(bindparam("users", expanding=True)),
    mail.c.number
    <= case(
        (mail.c.device == "", _by_all.scalar_subquery()), else_=_by_its_device.scalar_subquery()
    ),
)


def remove(db: Connection, entries: Sequence[Any]) -> Removed:
    """`entries` are rows of (user_id, number, push_id, size)."""
    if not entries:
        return Removed()
    db.execute(_DELETE, [{"of_user": row.user_id, "of_number": row.number} for row in entries])
    fewer: dict[str, list[int]] = {}
    for row in entries:
        counted = fewer.setdefault(row.user_id, [0, 0])
        counted[0] += 1
        counted[1] += row.size
    db.execute(_SHRINK, [{"box": u, "fewer": n, "less": size} for u, (n, size) in fewer.items()])
    for ids in chunks({row.push_id for row in entries}):
        db.execute(
            delete(mail_pushes).where(
                mail_pushes.c.push_id.in_(ids),
                ~exists().where(mail.c.push_id == mail_pushes.c.push_id),
            )
        )
    emptied: list[tuple[UserId, int]] = []
    for users in chunks(fewer):
        wanted = select(mail_boxes.c.user_id, mail_boxes.c.last).where(
            mail_boxes.c.user_id.in_(users), mail_boxes.c.entries == 0
        )
        emptied += [(UserId(row.user_id), row.last) for row in db.execute(wanted)]
    return Removed(len(entries), tuple(emptied))


def remove_acknowledged(db: Connection, users: Sequence[str]) -> Removed:
    """What every known device of these users has; mail for one device needs only that one."""
    found: list[Any] = []
    for some in chunks(users):
        found += db.execute(_ACKNOWLEDGED, {"users": some}).all()
    return remove(db, found)


def trim(db: Connection, user: str, limits: MailboxLimits) -> int:
    """Drop the oldest until the mailbox is within its limits; the newest stays. How many went."""
    box = db.execute(select(mail_boxes).where(mail_boxes.c.user_id == user)).one()
    entries, size = box.entries, box.bytes
    going: list[Any] = []
    oldest = _ENTRY.where(mail.c.user_id == user).order_by(mail.c.number)
    while entries > 1 and (entries > limits.max_entries or size > limits.max_bytes):
        if not len(going) % STEP:
            step = iter(db.execute(oldest.offset(len(going)).limit(STEP)).all())
        going.append(row := next(step))
        entries -= 1
        size -= row.size
    return remove(db, going).entries


def expire(db: Connection, before_ms: int, limit: int) -> Removed:
    """The oldest entries, and counters that nothing needs any more."""
    old = _ENTRY.where(mail.c.put_at < before_ms).order_by(mail.c.put_at).limit(limit)
    removed = remove(db, db.execute(old).all())
    unused = (
        select(mail_boxes.c.user_id)
        .where(
            mail_boxes.c.entries == 0,
            mail_boxes.c.used_at < before_ms,
            ~exists().where(mail_cursors.c.user_id == mail_boxes.c.user_id),
        )
        .limit(min(limit, MAX_NAMES))
    )
    names = list(db.execute(unused).scalars())
    if names:
        db.execute(delete(mail_boxes).where(mail_boxes.c.user_id.in_(names)))
    return removed


def chunks(names: Iterable[str]) -> Iterable[list[str]]:
    """As many as one statement may name."""
    waiting = list(names)
    for start in range(0, len(waiting), MAX_NAMES):
        yield waiting[start : start + MAX_NAMES]
