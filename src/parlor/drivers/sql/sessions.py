"""Sign-ins in SQL. Satisfies `ports.accounts.Sessions`; only hashes of tokens are here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, case, delete, insert, select, update

from parlor.drivers.sql.by_keys import MOST, ByKeys
from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.locks import in_turn
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import revocations, sessions, spent_refreshes, users
from parlor.drivers.sql.together import ReadTogether
from parlor.model.account import Identity, User
from parlor.model.device import Platform
from parlor.model.errors import NotFound, WrongCredentials
from parlor.model.ids import DeviceId, UserId
from parlor.ports.accounts import (
    Choose,
    DeviceRecord,
    Holder,
    Opened,
    Reused,
    RevocationKind,
    SessionRow,
    nobody,
)

_TOGETHER_S = 0.002
"""How long a hello may wait for others in a rush: a tenth of what its handshake takes then."""

_SIGNED_IN = select(
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.device,
    sessions.c.token_expires_at,
    sessions.c.refresh_expires_at,
    users.c.admin,
).join_from(sessions, users)
_HELD = ByKeys(
    select(
        sessions.c.token_hash,
        sessions.c.id,
        sessions.c.user_id,
        sessions.c.device,
        sessions.c.token_expires_at,
        users.c.admin,
        users.c.name,
        users.c.display_name,
        users.c.avatar,
    ).join_from(sessions, users),
    sessions.c.token_hash,
)


class SqlSessions:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._holders = ReadTogether(database, _holders, most=MOST, window_s=_TOGETHER_S)

    async def open(
        self, row: SessionRow, choose: Choose = nobody, *, password_hash: str | None = None
    ) -> Opened:
        number = number_of(row.user)
        if number is None:
            raise NotFound

        def unit(db: Connection) -> Opened:
            # Sign-ins of one person one after the other: each has to see the others' devices.
            stored = lock_password(db, number)
            if password_hash is not None and stored != password_hash:
                raise WrongCredentials
            there = devices_of(db, number, row.created_at / 1000)
            same = [device for device in there if device.device == row.device]
            others = [device for device in there if device.device != row.device]
            ending = choose(others)
            replaced = end_where(db, sessions.c.id.in_(ending)) if ending else ()
            again = end_where(db, sessions.c.user_id == number, sessions.c.device == row.device)
            kept_label = same[0].label if same and not row.labelled else ""
            values = {
                "id": row.id,
                "user_id": number,
                "device": row.device,
                "token_hash": row.token_hash,
                "token_expires_at": row.token_expires_at,
                "refresh_hash": row.refresh_hash,
                "refresh_expires_at": row.refresh_expires_at,
                "platform": row.platform.value,
                "label": kept_label or row.label,
                "created_at": row.created_at,
                "last_seen_at": row.created_at,
                "address": row.address,
            }
            db.execute(insert(sessions), values)
            return Opened(again[0] if again else None, tuple(replaced))

        return await self._database.write(unit)

    async def by_token(self, token_hash: bytes) -> Holder | None:
        """Those who ask at about the same time share a query."""
        return await self._holders.get(token_hash)

    async def rotate(
        self, old_refresh_hash: bytes, row: SessionRow, now: float
    ) -> Identity | Reused | None:
        return await self._database.write(lambda db: _rotate(db, old_refresh_hash, row, now))

    async def end(self, session: str) -> Identity | None:
        ended = await self._database.write(lambda db: end_where(db, sessions.c.id == session))
        return ended[0] if ended else None

    async def end_device(self, device: DeviceId) -> Sequence[Identity]:
        return await self._database.write(lambda db: end_where(db, sessions.c.device == device))

    async def end_one(self, user: UserId, device: DeviceId) -> Identity | None:
        which = (sessions.c.user_id == number_of(user), sessions.c.device == device)
        ended = await self._database.write(lambda db: end_where(db, *which))
        return ended[0] if ended else None

    async def end_all(self, user: UserId, *, but: str = "") -> Sequence[Identity]:
        which = (sessions.c.user_id == number_of(user), sessions.c.id != but)
        return await self._database.write(lambda db: end_where(db, *which))


_DEVICES = select(
    sessions.c.id,
    sessions.c.device,
    sessions.c.platform,
    sessions.c.label,
    sessions.c.created_at,
    sessions.c.last_seen_at,
    sessions.c.address,
).order_by(sessions.c.last_seen_at.desc(), sessions.c.created_at.desc(), sessions.c.id)


def devices_of(db: Connection, user: int, now: float) -> Sequence[DeviceRecord]:
    """The sign-ins that have not run out at `now` (Unix seconds), the last seen first."""
    live = (sessions.c.user_id == user, sessions.c.refresh_expires_at > now)
    return [
        DeviceRecord(
            session=row.id,
            device=DeviceId(row.device),
            # Signed in before anybody asked.
            platform=Platform(row.platform or Platform.OTHER),
            label=row.label,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            address=row.address,
        )
        for row in db.execute(_DEVICES.where(*live))
    ]


def _holders(db: Connection, hashes: Sequence[bytes]) -> Mapping[bytes, Holder]:
    found: dict[bytes, Holder] = {}
    for row in _HELD.rows(db, hashes):
        token_hash, session, number, device, expires_at, admin, name, display_name, avatar = row
        user = UserId(str(number))
        identity = Identity(user, DeviceId(device), session, bool(admin), expires_at)
        found[bytes(token_hash)] = Holder(identity, User(user, name, display_name, avatar))
    return found


def _rotate(
    db: Connection, old_refresh_hash: bytes, row: SessionRow, now: float
) -> Identity | Reused | None:
    db.execute(delete(sessions).where(sessions.c.refresh_expires_at <= now))
    db.execute(delete(revocations).where(revocations.c.expires_at <= now))
    live = db.execute(_SIGNED_IN.where(sessions.c.refresh_hash == old_refresh_hash)).first()
    if live is None:
        spent_by = select(spent_refreshes.c.session_id).where(
            spent_refreshes.c.refresh_hash == old_refresh_hash
        )
        ended = end_where(db, sessions.c.id == spent_by.scalar_subquery())
        return Reused(ended[0]) if ended else None
    db.execute(
        delete(spent_refreshes).where(
            spent_refreshes.c.session_id == live.id, spent_refreshes.c.expires_at <= now
        )
    )
    db.execute(
        insert(spent_refreshes),
        {
            "refresh_hash": old_refresh_hash,
            "session_id": live.id,
            "expires_at": live.refresh_expires_at,
        },
    )
    db.execute(
        update(sessions)
        .where(sessions.c.id == live.id)
        .values(
            token_hash=row.token_hash,
            token_expires_at=row.token_expires_at,
            refresh_hash=row.refresh_hash,
            refresh_expires_at=row.refresh_expires_at,
            platform=case(
                (sessions.c.platform == "", row.platform.value), else_=sessions.c.platform
            ),
            label=case((sessions.c.label == "", row.label), else_=sessions.c.label),
            last_seen_at=row.created_at,
            address=row.address or sessions.c.address,
        )
    )
    return _identity(live, expires_at=row.token_expires_at)


def lock_password(db: Connection, user: int) -> str | None:
    """Its hash; until the transaction ends, whoever signs this person in or changes the password
    waits. None when there is no such person."""
    wanted = select(users.c.password_hash).where(users.c.id == user).with_for_update()
    found: str | None = db.execute(wanted).scalar()
    return found


def end_where(db: Connection, *which: ColumnElement[bool]) -> Sequence[Identity]:
    """Delete these sessions, and with them what they had spent; return whose they were.

    A resume ticket may outlive its session, but not the access token: so long it is revoked.
    """
    found = db.execute(_SIGNED_IN.where(*which)).all()
    if found:
        db.execute(delete(sessions).where(sessions.c.id.in_([row.id for row in found])))
        # Whoever reads them remembers how far, so a lower number must not appear later.
        in_turn(db)
        db.execute(
            insert(revocations),
            [
                {
                    "kind": RevocationKind.SESSION.value,
                    "value": row.id,
                    "before": row.token_expires_at,
                    "expires_at": row.token_expires_at,
                }
                for row in found
            ],
        )
    return [_identity(row) for row in found]


def _identity(row: AnyRow, expires_at: float | None = None) -> Identity:
    return Identity(
        user=UserId(str(row.user_id)),
        device=DeviceId(row.device),
        session=row.id,
        admin=row.admin,
        expires_at=row.token_expires_at if expires_at is None else expires_at,
    )
