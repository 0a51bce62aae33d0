"""Uploading: a file comes in parts, each after the other, and goes on where the link was cut.

How far an upload has come is what is durable, so a client that asks is never told too much. A
newer request for the same upload takes it over from one whose link is dead. Called by the API.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from parlor.im.files.making import Making
from parlor.im.files.parts import OpenParts, Part
from parlor.im.files.settings import FileSettings
from parlor.model.errors import (
    BodyTimedOut,
    EmptyFile,
    FileTooLarge,
    NotFound,
    ParlorError,
    UploadReplaced,
    WrongOffset,
)
from parlor.model.file import (
    FileKind,
    StoredFile,
    Upload,
    check_file_id,
    check_file_name,
    check_sha256,
)
from parlor.model.ids import FileId, UserId
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.files import Files
from parlor.ports.meter import Meter
from parlor.ports.staging import Staging
from parlor.ports.uploads import Uploads as Rows

WRITTEN_BYTES = 1_048_576
"""What is held of one part before it is written."""
SETTLED_BYTES = 33_554_432
"""After so many a long part is made durable, so that a crash costs no more than these."""


class Uploads:
    def __init__(
        self,
        rows: Rows,
        files: Files,
        staging: Staging,
        making: Making,
        settings: FileSettings,
        clock: Clock,
        entropy: Entropy,
        meter: Meter,
    ) -> None:
        self._rows = rows
        self._files = files
        self._staging = staging
        self._making = making
        self._settings = settings
        self._clock = clock
        self._entropy = entropy
        self._meter = meter
        self.parts = OpenParts(settings.max_parts)

    async def begin(
        self,
        user: UserId,
        name: str,
        size: int,
        *,
        sha256: str = "",
        kind: FileKind = FileKind.FILE,
    ) -> Upload:
        """A file of `size` bytes is going to come; with `sha256` it is that one or none.

        Raises BadFileName, EmptyFile, FileTooLarge, BadRequest, QuotaFull, LimitReached.
        """
        most = self._settings.max_file_bytes
        if kind is FileKind.PICTURE:
            most = min(most, self._settings.max_picture_bytes)
        if size <= 0:
            raise EmptyFile
        if size > most:
            raise FileTooLarge(f"A {kind.value} has at most {most} bytes.")
        upload = Upload(
            id=FileId(self._entropy.token_bytes(16).hex()),
            owner=user,
            kind=kind,
            name=check_file_name(name),
            size=size,
            sha256=check_sha256(sha256),
            offset=0,
            expires_at=self._expiry_ms(),
        )
        # First the row: a file without one would never be cleared away.
        await self._rows.begin(upload, self._settings.quota_bytes, self._settings.max_uploads)
        await self._staging.begin(upload.id)
        return upload

    async def look(self, user: UserId, id: str) -> tuple[Upload | None, StoredFile | None]:
        """How far it has come, or the file that it has become. Raises NotFound."""
        named = check_file_id(id)
        upload = await self._rows.get(named)
        if upload is not None and upload.owner == user:
            return upload, None
        file = await self._files.own(user, named)
        if file is None:
            raise NotFound("There is no such upload.")
        return None, file

    async def put(
        self, user: UserId, id: str, offset: int, pieces: AsyncIterator[bytes]
    ) -> tuple[Upload | None, StoredFile | None]:
        """Take the part that begins at `offset`, as far as it comes; the file, when it is whole.

        What is here already may come again, and is passed over. A part that is cut off leaves
        what came of it. An empty part at the end tries once more to make a file.

        Raises NotFound, WrongOffset, FileTooLarge (more than was said), BodyTimedOut,
        UploadReplaced, Overloaded, StorageFailed (try again), and when it is whole WrongHash and
        BadPicture: then the upload is gone.
        """
        # Before anybody makes room: an upload is its owner's to take over.
        await self.look(user, id)
        async with self.parts.taking(check_file_id(id)) as part:
            upload, file = await self.look(user, id)
            if upload is None:
                return None, file
            if offset > upload.offset:
                raise WrongOffset(f"This upload has come to {upload.offset}.")
            upload = await self._take(upload, offset, part, pieces)
            if upload.offset < upload.size:
                return upload, None
            return None, await self._making.make(upload)

    async def drop(self, user: UserId, id: str) -> None:
        """Give it up. Raises NotFound."""
        await self.look(user, id)
        async with self.parts.taking(check_file_id(id)):
            upload, _ = await self.look(user, id)
            if upload is None:
                raise NotFound("There is no such upload.")
            await self._making.forget(upload.id)

    async def expire(self, limit: int) -> int:
        """Forget some that nobody goes on with; how many."""
        found = await self._rows.expired(self._clock.unix_ms(), limit)
        for old in found:
            async with self.parts.taking(old):
                upload = await self._rows.get(old)
                if upload is not None and upload.expires_at <= self._clock.unix_ms():
                    await self._making.forget(old)
                    self._meter.count("uploads_total", outcome="expired")
        return len(found)

    async def _take(
        self, upload: Upload, offset: int, part: Part, pieces: AsyncIterator[bytes]
    ) -> Upload:
        """As far as it comes; raises what cut it off once what came before is durable."""
        passed_over = upload.offset - offset
        written = upload.offset
        held = bytearray()
        try:
            while (piece := await self._next(part, pieces)) is not None:
                if passed_over:
                    skipped = min(passed_over, len(piece))
                    passed_over -= skipped
                    piece = piece[skipped:]
                held += piece
                if written + len(held) > upload.size:
                    held.clear()
                    raise FileTooLarge(f"This upload was begun for {upload.size} bytes.")
                if len(held) >= WRITTEN_BYTES:
                    written = await self._write(upload, written, held)
                if written - upload.offset >= SETTLED_BYTES:
                    upload = await self._settle(upload, written)
        except ParlorError:
            written = await self._write(upload, written, held)
            await self._settle(upload, written)
            raise
        written = await self._write(upload, written, held)
        return await self._settle(upload, written)

    async def _next(self, part: Part, pieces: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with part.waiting(self._settings.part_stall_s):
                return await anext(pieces, None)
        except TimeoutError as late:
            raise (UploadReplaced if part.replaced else BodyTimedOut) from late

    async def _write(self, upload: Upload, at: int, held: bytearray) -> int:
        """Where the next bytes belong."""
        if held:
            await self._staging.write(upload.id, at, bytes(held))
            self._meter.count("file_bytes_received_total", len(held))
            at += len(held)
            held.clear()
        return at

    async def _settle(self, upload: Upload, offset: int) -> Upload:
        if offset == upload.offset:
            return upload
        await self._staging.sync(upload.id)
        expires_at = self._expiry_ms()
        await self._rows.advance(upload.id, offset, expires_at)
        return msgspec.structs.replace(upload, offset=offset, expires_at=expires_at)

    def _expiry_ms(self) -> int:
        return self._clock.unix_ms() + int(self._settings.upload_kept_s * 1_000)
