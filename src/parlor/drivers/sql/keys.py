"""Programs' keys and one-time set-up links in SQL. Satisfies `ports.accounts.Keys`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.tables import api_keys, set_up_links
from parlor.model.account import KeyGrant, KeyRecord, Quota, Scope
from parlor.model.errors import NameTaken

_HASHES_AT_ONCE = 500
"""SQLite takes 32,766 values in one statement, others fewer."""


class SqlKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_key(self, key_hash: bytes, record: KeyRecord) -> None:
        grant = record.grant
        row = {
            "key_hash": key_hash,
            "id": grant.id,
            "name": grant.name,
            "scopes": " ".join(sorted(grant.scopes)),
            "created_at": record.created_at,
            "expires_at": grant.expires_at,
            "last_used_at": record.last_used_at,
            "quota": msgspec.json.encode(grant.quota).decode(),
        }

        def unit(db: Connection) -> None:
            taken = select(api_keys.c.name).where(api_keys.c.name == grant.name)
            if db.execute(taken).first():
                raise NameTaken(f"There is a key called {grant.name} already.")
            db.execute(insert(api_keys), row)

        await self._database.write(unit)

    async def by_hashes(self, hashes: Sequence[bytes]) -> Mapping[bytes, KeyGrant]:
        def query(db: Connection) -> Mapping[bytes, KeyGrant]:
            found: dict[bytes, KeyGrant] = {}
            for at in range(0, len(hashes), _HASHES_AT_ONCE):
                some = hashes[at : at + _HASHES_AT_ONCE]
                for row in db.execute(select(api_keys).where(api_keys.c.key_hash.in_(some))):
                    found[row.key_hash] = _grant(row)
            return found

        return await self._database.read(query)

    async def list_keys(self) -> Sequence[KeyRecord]:
        def query(db: Connection) -> Sequence[KeyRecord]:
            rows = db.execute(select(api_keys).order_by(api_keys.c.name))
            return [KeyRecord(_grant(row), row.created_at, row.last_used_at) for row in rows]

        return await self._database.read(query)

    async def remove_key(self, id: str) -> bool:
        def unit(db: Connection) -> bool:
            return db.execute(delete(api_keys).where(api_keys.c.id == id)).rowcount == 1

        return await self._database.write(unit)

    async def mark_used(self, used_at: Mapping[bytes, float]) -> None:
        rows = [{"used_hash": key_hash, "used_at": at} for key_hash, at in used_at.items()]
        later = (
            update(api_keys)
            .where(api_keys.c.key_hash == bindparam("used_hash"))
            .where(api_keys.c.last_used_at < bindparam("used_at"))
            .values(last_used_at=bindparam("used_at"))
        )

        def unit(db: Connection) -> None:
            if rows:
                db.execute(later, rows)

        await self._database.write(unit)

    async def add_link(self, link_hash: bytes, name: str, admin: bool, expires_at: float) -> None:
        row = {"link_hash": link_hash, "name": name, "admin": admin, "expires_at": expires_at}

        def unit(db: Connection) -> None:
            db.execute(insert(set_up_links), row)

        await self._database.write(unit)

    async def link(self, link_hash: bytes, now: float) -> tuple[str, bool] | None:
        def query(db: Connection) -> tuple[str, bool] | None:
            found = db.execute(
                select(set_up_links.c.name, set_up_links.c.admin).where(
                    set_up_links.c.link_hash == link_hash, set_up_links.c.expires_at > now
                )
            ).first()
            return None if found is None else (found.name, found.admin)

        return await self._database.read(query)

    async def spend_link(self, link_hash: bytes, now: float) -> bool:
        def unit(db: Connection) -> bool:
            db.execute(delete(set_up_links).where(set_up_links.c.expires_at <= now))
            spent = db.execute(delete(set_up_links).where(set_up_links.c.link_hash == link_hash))
            return spent.rowcount == 1

        return await self._database.write(unit)


def _grant(row: AnyRow) -> KeyGrant:
    return KeyGrant(
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes.split())),
        id=row.id,
        expires_at=row.expires_at,
        quota=msgspec.json.decode(row.quota, type=Quota),
    )
