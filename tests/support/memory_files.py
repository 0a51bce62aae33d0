"""Files, uploads and blob rows without a database: `ports.files` and `ports.uploads`, and which
messages refer to what as a test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from parlor.model.errors import LimitReached, NotFound, QuotaFull, StorageFailed
from parlor.model.file import StoredFile, Upload
from parlor.model.ids import BlobName, FileId, UserId


@dataclass
class MemoryFiles:
    uploads: dict[FileId, Upload] = field(default_factory=dict)
    files: dict[FileId, StoredFile] = field(default_factory=dict)
    blobs: dict[BlobName, tuple[int, bool]] = field(default_factory=dict)
    """When it was claimed, and whether it is doomed."""
    readers: dict[FileId, set[UserId]] = field(default_factory=dict)
    """Of the files that messages refer to: who can read one of those."""

    async def begin(self, upload: Upload, quota_bytes: int, most: int) -> None:
        if sum(one.owner == upload.owner for one in self.uploads.values()) >= most:
            raise LimitReached
        if await self.used_bytes(upload.owner) + upload.size > quota_bytes:
            raise QuotaFull
        self.uploads[upload.id] = upload

    async def get(self, id: FileId) -> Upload | None:
        return self.uploads.get(id)

    async def advance(self, id: FileId, offset: int, expires_at: int) -> None:
        upload = self.uploads.get(id)
        if upload is not None and upload.offset <= offset:
            self.uploads[id] = msgspec.structs.replace(upload, offset=offset, expires_at=expires_at)

    async def finish(self, file: StoredFile) -> None:
        if file.id not in self.uploads:
            raise NotFound
        for name in {file.blob, file.thumbnail} - {""}:
            if name not in self.blobs or self.blobs[BlobName(name)][1]:
                raise StorageFailed
        del self.uploads[file.id]
        self.files[file.id] = file

    async def drop(self, id: FileId) -> None:
        self.uploads.pop(id, None)

    async def expired(self, now_ms: int, limit: int) -> Sequence[FileId]:
        return [one.id for one in self.uploads.values() if one.expires_at <= now_ms][:limit]

    async def readable(self, user: UserId, id: FileId, now_ms: int) -> StoredFile | None:
        file = self.files.get(id)
        if file is None or (file.owner != user and user not in self.readers.get(id, ())):
            return None
        return file

    async def own(self, user: UserId, id: FileId) -> StoredFile | None:
        file = self.files.get(id)
        return file if file is not None and file.owner == user else None

    async def used_bytes(self, user: UserId) -> int:
        coming = sum(one.size for one in self.uploads.values() if one.owner == user)
        return coming + sum(one.size for one in self.files.values() if one.owner == user)

    async def drop_unused(self, before_ms: int, limit: int) -> int:
        going = [
            file.id
            for file in self.files.values()
            if file.stored_at < before_ms and not self.readers.get(file.id)
        ][:limit]
        for one in going:
            del self.files[one]
        return len(going)

    async def claim(self, names: Sequence[BlobName], at_ms: int) -> None:
        for name in names:
            claimed_at, doomed = self.blobs.get(name, (0, False))
            if doomed:
                raise StorageFailed
            self.blobs[name] = (max(claimed_at, at_ms), False)

    async def doom(self, before_ms: int, limit: int) -> Sequence[BlobName]:
        used = {name for file in self.files.values() for name in (file.blob, file.thumbnail)}
        for name, (claimed_at, _) in list(self.blobs.items())[:limit]:
            if name not in used and claimed_at < before_ms:
                self.blobs[name] = (claimed_at, True)
        return [name for name, (_, doomed) in self.blobs.items() if doomed][:limit]

    async def forget(self, names: Sequence[BlobName]) -> None:
        for name in names:
            if self.blobs.get(name, (0, False))[1]:
                del self.blobs[name]
