"""What people see of their sign-ins, in SQL. Satisfies `ports.accounts.Devices`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, String, bindparam, case, update

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.sessions import devices_of
from parlor.drivers.sql.tables import sessions
from parlor.model.ids import DeviceId, UserId
from parlor.ports.accounts import DeviceRecord, Seen

_AT, _PLACE = bindparam("at", type_=BigInteger), bindparam("place", type_=String)
_SEEN = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"), sessions.c.last_seen_at < _AT)
    .values(last_seen_at=_AT, address=case((_PLACE == "", sessions.c.address), else_=_PLACE))
)


class SqlDevices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, user: UserId, now: float) -> Sequence[DeviceRecord]:
        number = number_of(user)
        if number is None:
            return []
        return await self._database.read(lambda db: devices_of(db, number, now))

    async def rename(self, user: UserId, device: DeviceId, label: str) -> bool:
        change = (
            update(sessions)
            .where(sessions.c.user_id == number_of(user), sessions.c.device == device)
            .values(label=label)
        )
        return await self._database.write(lambda db: db.execute(change).rowcount > 0)

    async def mark_seen(self, seen: Sequence[Seen]) -> None:
        if not seen:
            return
        rows = [{"session": one.session, "at": one.at_ms, "place": one.address} for one in seen]

        def unit(db: Connection) -> None:
            db.execute(_SEEN, rows)

        await self._database.write(unit)
