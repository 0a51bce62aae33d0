"""What is whole becomes a file: its hash checked, a picture made safe, its bytes put for good.

Each step can be done again, so that whatever fails or dies in the middle is tried once more by
the same client, from the bytes that are staged.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from parlor.model.errors import BadPicture, WrongHash
from parlor.model.file import SNIFFED_BYTES, FileKind, StoredFile, Upload, sniff
from parlor.model.ids import BlobName, FileId
from parlor.ports.blobs import Blobs
from parlor.ports.clock import Clock
from parlor.ports.files import BlobRows
from parlor.ports.meter import Meter
from parlor.ports.picture_maker import PictureMaker
from parlor.ports.staging import Staging
from parlor.ports.uploads import Uploads


class Making:
    def __init__(
        self,
        uploads: Uploads,
        blob_rows: BlobRows,
        staging: Staging,
        blobs: Blobs,
        pictures: PictureMaker,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._uploads = uploads
        self._blob_rows = blob_rows
        self._staging = staging
        self._blobs = blobs
        self._pictures = pictures
        self._clock = clock
        self._meter = meter

    async def make(self, upload: Upload) -> StoredFile:
        """Of one that is whole, by whoever is alone with it.

        Raises WrongHash and BadPicture, after which the upload is gone, and StorageFailed and
        Overloaded, after which it is as it was.
        """
        staged = self._staging.place(upload.id)
        digest = await self._staging.digest(staged)
        if upload.sha256 not in ("", digest):
            await self._give_up(upload, WrongHash.code)
            raise WrongHash
        if upload.kind is FileKind.PICTURE:
            file = await self._picture(upload, staged)
        else:
            file = StoredFile(
                id=upload.id,
                owner=upload.owner,
                kind=upload.kind,
                name=upload.name,
                size=upload.size,
                type=sniff(await self._staging.head(upload.id, SNIFFED_BYTES)),
                blob=digest,
                stored_at=self._clock.unix_ms(),
            )
            await self._keep(file, {digest: staged})
        await self._staging.drop(upload.id)
        self._meter.count("uploads_total", outcome="stored")
        return file

    async def forget(self, id: FileId) -> None:
        """An upload that will not be finished."""
        # The bytes first: without the row nobody would look for them.
        await self._staging.drop(id)
        await self._uploads.drop(id)

    async def _picture(self, upload: Upload, staged: Path) -> StoredFile:
        try:
            made = await self._pictures.make(staged)
        except BadPicture:
            await self._give_up(upload, BadPicture.code)
            raise
        digest = await self._staging.digest(made.picture)
        small = await self._staging.digest(made.thumbnail)
        file = StoredFile(
            id=upload.id,
            owner=upload.owner,
            kind=upload.kind,
            name=upload.name,
            size=made.size,
            type=made.type,
            blob=digest,
            stored_at=self._clock.unix_ms(),
            width=made.width,
            height=made.height,
            preview=made.preview,
            thumbnail=small,
            thumbnail_size=made.thumbnail_size,
        )
        await self._keep(file, {digest: made.picture, small: made.thumbnail})
        return file

    async def _keep(self, file: StoredFile, parts: Mapping[BlobName, Path]) -> None:
        await self._blob_rows.claim(list(parts), file.stored_at)
        for name, place in parts.items():
            await self._blobs.keep(name, place)
        await self._uploads.finish(file)

    async def _give_up(self, upload: Upload, why: str) -> None:
        await self.forget(upload.id)
        self._meter.count("uploads_total", outcome=why)
