"""What is known of files on their way: how far each has come, and when it is given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.file import StoredFile, Upload
from parlor.model.ids import FileId


class Uploads(Protocol):
    async def begin(self, upload: Upload, quota_bytes: int, most: int) -> None:
        """Raises QuotaFull when all that its owner has and is uploading would be more than
        `quota_bytes`, LimitReached when they upload `most` files already."""

    async def get(self, id: FileId) -> Upload | None: ...

    async def advance(self, id: FileId, offset: int, expires_at: int) -> None:
        """So much of it is stored for good. Never moves back."""

    async def finish(self, file: StoredFile) -> None:
        """It is a file from now on, and no upload. What it is made of must have been claimed.

        Raises NotFound when the upload is gone, StorageFailed when a blob is being removed.
        """

    async def drop(self, id: FileId) -> None: ...

    async def expired(self, now_ms: int, limit: int) -> Sequence[FileId]: ...
