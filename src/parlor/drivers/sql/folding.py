"""Delivered positions of devices that are signed out, folded into one of their person's own.

A person is as far as their furthest device, so what a device had reached has to stay when the
device does not. Called by `drivers.sql.retention` inside its transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, insert, select, tuple_, update

from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.self_tables import deliveries
from parlor.drivers.sql.tables import sessions
from parlor.model.ids import UserId
from parlor.ports.changes import Folded

SIGNED_OUT = ""
"""The device of what was folded; none is called so."""
_MEMBERSHIP = tuple_(deliveries.c.conversation_id, deliveries.c.user_id)
_PLACE = tuple_(deliveries.c.conversation_id, deliveries.c.user_id, deliveries.c.device)


def fold(db: Connection, after: int, limit: int) -> Folded:
    """One step over the users after `after`: at most `limit` of them and `limit` positions."""
    users = (
        select(deliveries.c.user_id)
        .where(deliveries.c.user_id > after)
        .distinct()
        .order_by(deliveries.c.user_id)
        .limit(limit)
    )
    some = list(db.execute(users).scalars())
    if not some:
        return Folded(0, None)
    signed_in = exists().where(
        sessions.c.user_id == deliveries.c.user_id, sessions.c.device == deliveries.c.device
    )
    gone = db.execute(
        select(deliveries)
        .where(deliveries.c.user_id.in_(some), deliveries.c.device != SIGNED_OUT, ~signed_in)
        .order_by(deliveries.c.user_id)
        .limit(limit)
    ).all()
    if gone:
        _fold(db, [(row.conversation_id, row.user_id, row.device) for row in gone])
    if len(gone) == limit:
        # There may be more of these: what is done is not found again.
        return Folded(len(gone), UserId(str(after)))
    return Folded(len(gone), UserId(str(some[-1])) if len(some) == limit else None)


def _fold(db: Connection, places: list[tuple[int, int, str]]) -> None:
    # Locked and read again: one may have moved on since it was found.
    locked = select(deliveries).where(_PLACE.in_(places)).with_for_update()
    furthest: dict[tuple[int, int], int] = {}
    for row in db.execute(locked):
        key = _key(row)
        furthest[key] = max(row.seq, furthest.get(key, 0))
    wanted = select(deliveries).where(
        _MEMBERSHIP.in_(list(furthest)), deliveries.c.device == SIGNED_OUT
    )
    known = {_key(row): row.seq for row in db.execute(wanted.with_for_update())}
    for (conversation, user), seq in furthest.items():
        mine = {"conversation_id": conversation, "user_id": user, "device": SIGNED_OUT}
        stored = known.get((conversation, user))
        if stored is None:
            db.execute(insert(deliveries), {**mine, "seq": seq})
        elif seq > stored:
            place = (deliveries.c[name] == value for name, value in mine.items())
            db.execute(update(deliveries).where(*place).values(seq=seq))
    db.execute(delete(deliveries).where(_PLACE.in_(places)))


def _key(row: AnyRow) -> tuple[int, int]:
    return row.conversation_id, row.user_id
