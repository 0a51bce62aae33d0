"""Files on their way, in SQL. Satisfies `ports.uploads.Uploads`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.file_rows import row_of_file, row_of_upload, upload_of_row
from parlor.drivers.sql.file_tables import blobs, files, uploads
from parlor.drivers.sql.files import owned_bytes
from parlor.drivers.sql.numbers import number_of
from parlor.model.errors import LimitReached, NotFound, QuotaFull, StorageFailed
from parlor.model.file import StoredFile, Upload
from parlor.model.ids import FileId


class SqlUploads:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, upload: Upload, quota_bytes: int, most: int) -> None:
        # Those of one person would only be run again and again.
        order = ("uploads", upload.owner)
        await self._database.write(lambda db: _begin(db, upload, quota_bytes, most), order=order)

    async def get(self, id: FileId) -> Upload | None:
        wanted = select(uploads).where(uploads.c.id == id)

        def query(db: Connection) -> Upload | None:
            found = db.execute(wanted).first()
            return None if found is None else upload_of_row(found)

        return await self._database.read(query)

    async def advance(self, id: FileId, offset: int, expires_at: int) -> None:
        further = (
            update(uploads)
            .where(uploads.c.id == id, uploads.c.received <= offset)
            .values(received=offset, expires_at=expires_at)
        )

        def unit(db: Connection) -> None:
            db.execute(further)

        await self._database.write(unit)

    async def finish(self, file: StoredFile) -> None:
        await self._database.write(lambda db: _finish(db, file))

    async def drop(self, id: FileId) -> None:
        def unit(db: Connection) -> None:
            db.execute(delete(uploads).where(uploads.c.id == id))

        await self._database.write(unit)

    async def expired(self, now_ms: int, limit: int) -> Sequence[FileId]:
        old = select(uploads.c.id).where(uploads.c.expires_at <= now_ms)
        old = old.order_by(uploads.c.expires_at).limit(limit)
        return await self._database.read(
            lambda db: [FileId(one) for one in db.execute(old).scalars()]
        )


def _begin(db: Connection, upload: Upload, quota_bytes: int, most: int) -> None:
    owner = number_of(upload.owner)
    under_way = db.execute(
        select(func.count()).select_from(uploads).where(uploads.c.owner_id == owner)
    ).scalar_one()
    if under_way >= most:
        raise LimitReached(f"At most {most} files are uploaded at a time.")
    if owned_bytes(db, owner) + upload.size > quota_bytes:
        raise QuotaFull
    db.execute(insert(uploads), row_of_upload(upload))


def _finish(db: Connection, file: StoredFile) -> None:
    if not db.execute(delete(uploads).where(uploads.c.id == file.id)).rowcount:
        raise NotFound("There is no such upload.")
    names = {file.blob, file.thumbnail} - {""}
    there = select(blobs.c.name).where(blobs.c.name.in_(names), blobs.c.doomed.is_(False))
    if {*db.execute(there).scalars()} != names:
        raise StorageFailed("The same file is being removed at this moment.", retry_after_s=2.0)
    db.execute(insert(files), row_of_file(file))
