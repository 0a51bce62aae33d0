"""Reading mail: the next page of a device, and what a process has to know when it starts.

Each is one snapshot. Used by `drivers.sql.mailbox` only.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from parlor.drivers.sql.tables import mail, mail_boxes, mail_cursors, mail_pushes
from parlor.model.ids import DeviceId, UserId
from parlor.model.mail import Cursor, Mail, Page
from parlor.model.push import Push
from parlor.ports.mailbox import Known

_decode = msgspec.msgpack.Decoder(Push).decode


def read_page(
    db: Connection,
    user: UserId,
    device: DeviceId,
    after: int | None,
    max_entries: int,
    max_bytes: int,
) -> Page:
    last = db.execute(select(mail_boxes.c.last).where(mail_boxes.c.user_id == user)).scalar()
    if after is None:
        mine = select(mail_cursors.c.acked).where(
            mail_cursors.c.user_id == user, mail_cursors.c.device == device
        )
        after = db.execute(mine).scalar() or 0
    if last is None:
        return Page((), after)
    for_me = (
        mail.c.user_id == user,
        mail.c.number > after,
        mail.c.device.in_(("", device)),
    )
    waiting = db.execute(select(func.count()).select_from(mail).where(*for_me)).scalar() or 0
    sizes = select(mail.c.number, mail.c.size).where(*for_me).order_by(mail.c.number)
    taken, end = 0, after
    for count, row in enumerate(db.execute(sizes.limit(max_entries))):
        taken += row.size
        if count and taken > max_bytes:
            break
        end = row.number
    bodies = (
        select(mail.c.number, mail_pushes.c.push)
        .join_from(mail, mail_pushes)
        .where(*for_me, mail.c.number <= end)
        .order_by(mail.c.number)
    )
    found = tuple(Mail(row.number, _decode(row.push)) for row in db.execute(bodies))
    more = len(found) < waiting
    return Page(found, end if more else max(last, after), more, waiting)


def read_known(db: Connection, max_boxes: int, max_devices: int) -> Known:
    full = select(mail_boxes.c.user_id, mail_boxes.c.last).where(mail_boxes.c.entries > 0)
    boxes = [(UserId(row.user_id), row.last) for row in db.execute(full.limit(max_boxes + 1))]
    theirs = (
        select(mail_cursors)
        .join(mail_boxes, mail_boxes.c.user_id == mail_cursors.c.user_id)
        .where(mail_boxes.c.entries > 0)
    )
    lately = select(mail_cursors).order_by(mail_cursors.c.seen_at.desc()).limit(max_devices)
    complete = len(boxes) <= max_boxes
    return Known(
        boxes=tuple(boxes) if complete else (),
        cursors=tuple(cursor_of_row(row) for row in db.execute(theirs)) if complete else (),
        devices=tuple(cursor_of_row(row) for row in db.execute(lately)),
        complete=complete,
    )


def cursor_of_row(row: Any) -> Cursor:
    return Cursor(UserId(row.user_id), DeviceId(row.device), row.acked, row.seen_at)
