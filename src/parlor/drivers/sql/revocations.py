"""Revoked users, devices and sign-ins in SQL. Satisfies `ports.accounts.Revocations`.

Sign-ins that end are written here by `sessions`, in the transaction that ends them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.locks import in_turn
from parlor.drivers.sql.tables import revocations
from parlor.ports.accounts import Revocation, RevocationKind


class SqlRevocations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, revocation: Revocation, now: float) -> None:
        row = {
            "kind": revocation.kind.value,
            "value": revocation.value,
            "before": revocation.before,
            "expires_at": revocation.expires_at,
        }

        def unit(db: Connection) -> None:
            db.execute(delete(revocations).where(revocations.c.expires_at <= now))
            in_turn(db)
            db.execute(insert(revocations), row)

        await self._database.write(unit)

    async def since(self, mark: int) -> tuple[Sequence[Revocation], int]:
        def query(db: Connection) -> tuple[Sequence[Revocation], int]:
            found = db.execute(
                select(revocations).where(revocations.c.id > mark).order_by(revocations.c.id)
            ).all()
            rows = [
                Revocation(RevocationKind(row.kind), row.value, row.before, row.expires_at)
                for row in found
            ]
            return rows, found[-1].id if found else mark

        return await self._database.read(query)
