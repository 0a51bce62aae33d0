"""Pictures of people and groups in SQL. Satisfies `ports.pictures.Pictures`."""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, insert, select, update

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.people_tables import avatars
from parlor.drivers.sql.tables import conversations, users

_UNUSED = select(avatars.c.id).where(
    ~exists().where(users.c.avatar == avatars.c.id),
    ~exists().where(conversations.c.avatar == avatars.c.id),
)


class SqlPictures:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, id: str, type: str, body: bytes, at_ms: int) -> None:
        def unit(db: Connection) -> None:
            if db.execute(select(avatars.c.id).where(avatars.c.id == id)).first() is None:
                db.execute(insert(avatars), {"id": id, "type": type, "body": body, "at_ms": at_ms})
            else:
                db.execute(update(avatars).where(avatars.c.id == id).values(at_ms=at_ms))

        await self._database.write(unit)

    async def get(self, id: str) -> tuple[str, bytes] | None:
        def query(db: Connection) -> tuple[str, bytes] | None:
            found = db.execute(
                select(avatars.c.type, avatars.c.body).where(avatars.c.id == id)
            ).first()
            return None if found is None else (found.type, found.body)

        return await self._database.read(query)

    async def drop_unused(self, before_ms: int, limit: int) -> int:
        old = _UNUSED.where(avatars.c.at_ms < before_ms).limit(limit)
        # Looking goes through all that are in use, so it does not keep those who write waiting.
        found = await self._database.read(lambda db: list(db.execute(old).scalars()))
        if not found:
            return 0

        def unit(db: Connection) -> int:
            still = _UNUSED.where(avatars.c.at_ms < before_ms, avatars.c.id.in_(found))
            ids = list(db.execute(still).scalars())
            db.execute(delete(avatars).where(avatars.c.id.in_(ids)))
            return len(ids)

        return await self._database.write(unit)
