"""Blobs in a bucket of S3 or a server that speaks its protocol. Satisfies `ports.blobs.Blobs`.

A blob appears in a bucket only when it is whole, so nothing has to be renamed. Imported only when
the settings name a bucket: `obstore` is not small.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from parlor.drivers.blobs.names import check_blob_name
from parlor.drivers.blobs.settings import BlobSettings
from parlor.model.errors import NotFound, StorageFailed
from parlor.model.ids import BlobName

if TYPE_CHECKING:
    from obstore.store import S3Config

log = structlog.get_logger()
PIECE_BYTES = 262_144


class S3Blobs:
    def __init__(self, settings: BlobSettings) -> None:
        """Nothing is asked yet: a bucket that is not there shows at the first blob."""
        config: S3Config = {"region": settings.region}
        if settings.endpoint:
            config["endpoint"] = settings.endpoint
        if settings.access_key_id:
            config["access_key_id"] = settings.access_key_id
            config["secret_access_key"] = settings.secret_access_key
        self._prefix = settings.prefix
        self._store = S3Store(
            settings.bucket,
            config=config,
            client_options={
                "allow_http": settings.endpoint.startswith("http:"),
                "timeout": timedelta(seconds=settings.timeout_s),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=settings.timeout_s)},
        )

    async def keep(self, name: BlobName, file: Path) -> None:
        place = self._place(name)
        with _translated():
            await obstore.put_async(self._store, place, file)

    async def size(self, name: BlobName) -> int | None:
        place = self._place(name)
        try:
            with _translated():
                return (await obstore.head_async(self._store, place))["size"]
        except NotFound:
            return None

    async def read(self, name: BlobName, start: int, stop: int) -> AsyncIterator[bytes]:
        place = self._place(name)
        if start >= stop:
            return
        with _translated():
            found = await obstore.get_async(self._store, place, options={"range": (start, stop)})
            pieces = found.stream(min_chunk_size=PIECE_BYTES)
        while True:
            with _translated():
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield bytes(piece)

    async def drop(self, name: BlobName) -> None:
        place = self._place(name)
        try:
            with _translated():
                await obstore.delete_async(self._store, place)
        except NotFound:
            return

    def _place(self, name: str) -> str:
        return f"{self._prefix}{check_blob_name(name)}"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as gone:
        raise NotFound("There is no such blob.") from gone
    except (BaseError, OSError) as wrong:
        # Its words may have an address in them, never a key.
        log.error("files_failed", reason=type(wrong).__name__)
        raise StorageFailed("The place where files are kept has failed.") from wrong
