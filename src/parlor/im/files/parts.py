"""Which uploads are being written to at this moment, each by one request.

Whoever comes later is right: the link of the earlier one may be dead without anybody knowing. The
earlier one is stopped where it waits for its client, stores what it has, and makes room.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from parlor.model.errors import Overloaded, UploadReplaced
from parlor.model.ids import FileId

RETRY_AFTER_S = 2.0


class Part:
    """One request's hold on an upload."""

    def __init__(self) -> None:
        self.replaced = False
        self._patience: asyncio.Timeout | None = None

    @asynccontextmanager
    async def waiting(self, limit_s: float) -> AsyncIterator[None]:
        """For the client, so long at most. Raises TimeoutError, also when it was `replaced`;
        UploadReplaced when that was before."""
        if self.replaced:
            raise UploadReplaced
        async with asyncio.timeout(limit_s) as self._patience:
            try:
                yield
            finally:
                self._patience = None

    def replace(self) -> None:
        self.replaced = True
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time())


@dataclass(slots=True)
class _Upload:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: Part | None = None
    holders: int = 0


class OpenParts:
    def __init__(self, most: int) -> None:
        self._most = most
        self._uploads: dict[FileId, _Upload] = {}
        self._open = 0

    def __len__(self) -> int:
        return self._open

    @asynccontextmanager
    async def taking(self, id: FileId) -> AsyncIterator[Part]:
        """Alone with this upload, once whoever had it has stored what came.

        Raises Overloaded, and UploadReplaced when somebody else came meanwhile.
        """
        if self._open >= self._most:
            raise Overloaded(retry_after_s=RETRY_AFTER_S)
        upload = self._uploads.setdefault(id, _Upload())
        part = Part()
        if upload.newest is not None:
            upload.newest.replace()
        upload.newest = part
        upload.holders += 1
        self._open += 1
        try:
            async with upload.turn:
                if part.replaced:
                    raise UploadReplaced
                yield part
        finally:
            self._open -= 1
            upload.holders -= 1
            if upload.newest is part:
                upload.newest = None
            if not upload.holders:
                del self._uploads[id]
