"""Files and the bytes they are made of, in SQL. Satisfies `ports.files`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.file_rows import file_of_row
from parlor.drivers.sql.file_tables import blobs, file_uses, files, uploads
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.tables import members
from parlor.model.errors import StorageFailed
from parlor.model.file import StoredFile
from parlor.model.ids import BlobName, FileId, UserId

_IN_NO_MESSAGE = ~exists().where(file_uses.c.file_id == files.c.id)
_OF_NO_FILE = and_(
    ~exists().where(files.c.blob == blobs.c.name),
    ~exists().where(files.c.thumbnail == blobs.c.name),
)


class SqlFiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def readable(self, user: UserId, id: FileId, now_ms: int) -> StoredFile | None:
        reader = number_of(user)
        shown = exists().where(
            file_uses.c.file_id == files.c.id,
            or_(file_uses.c.expires_at == 0, file_uses.c.expires_at > now_ms),
            members.c.conversation_id == file_uses.c.conversation_id,
            members.c.user_id == reader,
            members.c.history_from <= file_uses.c.seq,
        )
        return await self._one(id, or_(files.c.owner_id == reader, shown))

    async def own(self, user: UserId, id: FileId) -> StoredFile | None:
        return await self._one(id, files.c.owner_id == number_of(user))

    async def used_bytes(self, user: UserId) -> int:
        owner = number_of(user)
        return await self._database.read(lambda db: owned_bytes(db, owner))

    async def drop_unused(self, before_ms: int, limit: int) -> int:
        old = (files.c.stored_at < before_ms, _IN_NO_MESSAGE)
        wanted = select(files.c.id).where(*old).order_by(files.c.stored_at).limit(limit)
        # Looking goes through all that are in use, so it does not keep those who write waiting.
        found = await self._database.read(lambda db: list(db.execute(wanted).scalars()))
        if not found:
            return 0

        def unit(db: Connection) -> int:
            still = select(files.c.id).where(files.c.id.in_(found), *old)
            ids = list(db.execute(still.with_for_update()).scalars())
            db.execute(delete(files).where(files.c.id.in_(ids)))
            return len(ids)

        return await self._database.write(unit)

    async def _one(self, id: FileId, may: ColumnElement[bool]) -> StoredFile | None:
        wanted = select(files).where(files.c.id == id, may)

        def query(db: Connection) -> StoredFile | None:
            found = db.execute(wanted).first()
            return None if found is None else file_of_row(found)

        return await self._database.read(query)


class SqlBlobRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, names: Sequence[BlobName], at_ms: int) -> None:
        def unit(db: Connection) -> None:
            for name in sorted(set(names)):
                _claim(db, name, at_ms)

        await self._database.write(unit)

    async def doom(self, before_ms: int, limit: int) -> Sequence[BlobName]:
        old = (blobs.c.claimed_at < before_ms, blobs.c.doomed.is_(False), _OF_NO_FILE)
        wanted = select(blobs.c.name).where(*old).order_by(blobs.c.claimed_at).limit(limit)
        found = await self._database.read(lambda db: list(db.execute(wanted).scalars()))

        def unit(db: Connection) -> None:
            still = select(blobs.c.name).where(blobs.c.name.in_(found), *old)
            names = list(db.execute(still.with_for_update()).scalars())
            db.execute(update(blobs).where(blobs.c.name.in_(names)).values(doomed=True))

        if found:
            await self._database.write(unit)
        doomed = select(blobs.c.name).where(blobs.c.doomed.is_(True)).limit(limit)
        return await self._database.read(
            lambda db: [BlobName(name) for name in db.execute(doomed).scalars()]
        )

    async def forget(self, names: Sequence[BlobName]) -> None:
        gone = delete(blobs).where(blobs.c.name.in_(names), blobs.c.doomed.is_(True))

        def unit(db: Connection) -> None:
            db.execute(gone)

        await self._database.write(unit)


def owned_bytes(db: Connection, owner: int | None) -> int:
    """What somebody has uploaded and is uploading."""
    sums: Sequence[Any] = [
        select(func.coalesce(func.sum(table.c.size), 0)).where(table.c.owner_id == owner)
        for table in (files, uploads)
    ]
    return sum(int(db.execute(one).scalar_one()) for one in sums)


def _claim(db: Connection, name: BlobName, at_ms: int) -> None:
    row = db.execute(select(blobs).where(blobs.c.name == name).with_for_update()).first()
    if row is None:
        db.execute(insert(blobs), {"name": name, "claimed_at": at_ms, "doomed": False})
    elif row.doomed:
        raise StorageFailed("The same file is being removed at this moment.", retry_after_s=2.0)
    else:
        later = max(at_ms, row.claimed_at)
        db.execute(update(blobs).where(blobs.c.name == name).values(claimed_at=later))
