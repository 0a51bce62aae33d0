"""Programs' keys and one-time set-up links in SQL. Satisfies `ports.accounts.Keys`."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.tables import api_keys, set_up_links
from parlor.model.account import KeyGrant, Scope
from parlor.model.errors import NameTaken


class SqlKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_key(self, name: str, key_hash: bytes, grant: KeyGrant) -> None:
        scopes = " ".join(sorted(grant.scopes))

        def unit(db: Connection) -> None:
            if db.execute(select(api_keys.c.name).where(api_keys.c.name == name)).first():
                raise NameTaken(f"There is a key called {name} already.")
            db.execute(insert(api_keys), {"key_hash": key_hash, "name": name, "scopes": scopes})

        await self._database.write(unit)

    async def by_key(self, key_hash: bytes) -> KeyGrant | None:
        def query(db: Connection) -> KeyGrant | None:
            found = db.execute(select(api_keys).where(api_keys.c.key_hash == key_hash)).first()
            if found is None:
                return None
            return KeyGrant(found.name, frozenset(map(Scope, found.scopes.split())))

        return await self._database.read(query)

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
