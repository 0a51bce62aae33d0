"""What has to be forgotten about files: uploads nobody goes on with, files of no message, bytes.

One loop in each process; several processes may do it at once.
"""

from __future__ import annotations

import asyncio

import structlog

from parlor.im.files.settings import FileSettings
from parlor.im.files.uploads import Uploads
from parlor.model.errors import ParlorError
from parlor.ports.blobs import Blobs
from parlor.ports.clock import Clock
from parlor.ports.files import BlobRows, Files
from parlor.ports.meter import Meter

log = structlog.get_logger()
_PAGE = 100
_PAGES = 50
"""At most so many of each in one round, so that other writers are not kept waiting."""


class FileTidying:
    def __init__(
        self,
        uploads: Uploads,
        files: Files,
        blob_rows: BlobRows,
        blobs: Blobs,
        settings: FileSettings,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._uploads = uploads
        self._files = files
        self._blob_rows = blob_rows
        self._blobs = blobs
        self._settings = settings
        self._clock = clock
        self._meter = meter

    async def run(self) -> None:
        """Until cancelled. What fails is tried again in the next round."""
        while True:
            await asyncio.sleep(self._settings.tidy_every_s)
            try:
                await self.tidy()
            except ParlorError as failed:
                log.warning("files_not_tidied", error=failed.code)

    async def tidy(self) -> None:
        """One round of `run`."""
        for forget in (self._uploads.expire, self._drop_unused, self._drop_blobs):
            for _ in range(_PAGES):
                if await forget(_PAGE) < _PAGE:
                    break

    async def _drop_unused(self, limit: int) -> int:
        dropped = await self._files.drop_unused(self._before_ms(), limit)
        self._meter.count("files_dropped_total", dropped)
        return dropped

    async def _drop_blobs(self, limit: int) -> int:
        doomed = await self._blob_rows.doom(self._before_ms(), limit)
        for name in doomed:
            await self._blobs.drop(name)
        if doomed:
            await self._blob_rows.forget(doomed)
        return len(doomed)

    def _before_ms(self) -> int:
        return self._clock.unix_ms() - int(self._settings.unused_kept_s * 1_000)
