"""What `im.files` offers, as protocols: the API is written against these. See `im.services`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from parlor.im.files.reading import Readable
from parlor.model.file import FileKind, StoredFile, Upload
from parlor.model.ids import UserId


class Uploads(Protocol):
    async def begin(
        self, user: UserId, name: str, size: int, *, sha256: str = "", kind: FileKind = ...
    ) -> Upload: ...
    async def look(self, user: UserId, id: str) -> tuple[Upload | None, StoredFile | None]: ...
    async def put(
        self, user: UserId, id: str, offset: int, pieces: AsyncIterator[bytes]
    ) -> tuple[Upload | None, StoredFile | None]: ...
    async def drop(self, user: UserId, id: str) -> None: ...


class Reading(Protocol):
    async def file(self, user: UserId, id: str) -> Readable: ...
    async def thumbnail(self, user: UserId, id: str) -> Readable: ...
    def bytes(self, readable: Readable, start: int, stop: int) -> AsyncIterator[bytes]: ...
    async def room(self, user: UserId) -> tuple[int, int]: ...


@dataclass(frozen=True, slots=True)
class FileServices:
    uploads: Uploads
    reading: Reading
