"""Files and uploads <-> rows of their tables."""

from __future__ import annotations

from collections.abc import Mapping

from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.numbers import number_of
from parlor.model.file import FileKind, StoredFile, Upload
from parlor.model.ids import BlobName, FileId, UserId


def file_of_row(row: AnyRow) -> StoredFile:
    return StoredFile(
        id=FileId(row.id),
        owner=UserId(str(row.owner_id)),
        kind=FileKind(row.kind),
        name=row.name,
        size=row.size,
        type=row.type,
        blob=BlobName(row.blob),
        stored_at=row.stored_at,
        width=row.width,
        height=row.height,
        preview=row.preview,
        thumbnail=row.thumbnail,
        thumbnail_size=row.thumbnail_size,
    )


def row_of_file(file: StoredFile) -> Mapping[str, object]:
    return {
        "id": file.id,
        "owner_id": number_of(file.owner),
        "kind": file.kind.value,
        "name": file.name,
        "size": file.size,
        "type": file.type,
        "blob": file.blob,
        "stored_at": file.stored_at,
        "width": file.width,
        "height": file.height,
        "preview": file.preview,
        "thumbnail": file.thumbnail,
        "thumbnail_size": file.thumbnail_size,
    }


def upload_of_row(row: AnyRow) -> Upload:
    return Upload(
        id=FileId(row.id),
        owner=UserId(str(row.owner_id)),
        kind=FileKind(row.kind),
        name=row.name,
        size=row.size,
        sha256=row.sha256,
        offset=row.received,
        expires_at=row.expires_at,
    )


def row_of_upload(upload: Upload) -> Mapping[str, object]:
    return {
        "id": upload.id,
        "owner_id": number_of(upload.owner),
        "kind": upload.kind.value,
        "name": upload.name,
        "size": upload.size,
        "sha256": upload.sha256,
        "received": upload.offset,
        "expires_at": upload.expires_at,
    }
