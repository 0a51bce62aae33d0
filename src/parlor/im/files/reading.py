"""Handing files out: to whoever uploaded them, and to whoever can read a message that has them.

Called by the API. Every request is decided anew: who has left, what was recalled, has expired or
lies before somebody's history is not remembered.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from parlor.im.files.settings import FileSettings
from parlor.model.errors import NotFound
from parlor.model.file import FileKind, StoredFile, check_file_id
from parlor.model.ids import BlobName, UserId
from parlor.ports.blobs import Blobs
from parlor.ports.clock import Clock
from parlor.ports.files import Files
from parlor.ports.meter import Meter

THUMBNAIL_TYPE = "image/webp"


class Readable(msgspec.Struct, frozen=True):
    """Bytes that the person may have. `blob` changes only with the bytes; `is_shown`: it was made
    safe to be seen, everything else is only saved."""

    blob: BlobName
    name: str
    type: str
    size: int
    is_shown: bool


class FileReading:
    def __init__(
        self, files: Files, blobs: Blobs, settings: FileSettings, clock: Clock, meter: Meter
    ) -> None:
        self._files = files
        self._blobs = blobs
        self._settings = settings
        self._clock = clock
        self._meter = meter

    async def file(self, user: UserId, id: str) -> Readable:
        """Raises NotFound, also for what others may read."""
        found = await self._readable(user, id)
        is_shown = found.kind is FileKind.PICTURE
        return Readable(found.blob, found.name, found.type, found.size, is_shown)

    async def thumbnail(self, user: UserId, id: str) -> Readable:
        """Raises NotFound, also for a file that has none."""
        found = await self._readable(user, id)
        if not found.thumbnail:
            raise NotFound("There is no such thumbnail.")
        name = f"{found.name}.webp"
        blob = BlobName(found.thumbnail)
        return Readable(blob, name, THUMBNAIL_TYPE, found.thumbnail_size, is_shown=True)

    async def bytes(self, readable: Readable, start: int, stop: int) -> AsyncIterator[bytes]:
        """From `start` up to `stop`, as they are asked for. Raises NotFound, StorageFailed."""
        async for piece in self._blobs.read(readable.blob, start, stop):
            self._meter.count("file_bytes_sent_total", len(piece))
            yield piece

    async def room(self, user: UserId) -> tuple[int, int]:
        """(bytes that `user`'s files take, bytes that they may)."""
        return await self._files.used_bytes(user), self._settings.quota_bytes

    async def _readable(self, user: UserId, id: str) -> StoredFile:
        found = await self._files.readable(user, check_file_id(id), self._clock.unix_ms())
        if found is None:
            raise NotFound("There is no such file.")
        return found
