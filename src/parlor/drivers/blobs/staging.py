"""Files that are still being uploaded, in a folder of this machine. Satisfies
`ports.staging.Staging`.

The work on the disk is done on threads: a slow disk keeps nobody's messages waiting.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from parlor.drivers.blobs.durable import make_folder, sync_folder
from parlor.drivers.blobs.names import check_upload_name
from parlor.model.errors import NotFound, StorageFailed
from parlor.model.ids import BlobName, FileId

T = TypeVar("T")
log = structlog.get_logger()


class StagingFolder:
    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first upload begins."""
        self._folder = folder

    def place(self, id: FileId) -> Path:
        return self._folder / check_upload_name(id)

    async def begin(self, id: FileId) -> None:
        await _in_thread(lambda: _begin(self.place(id)))

    async def write(self, id: FileId, at: int, data: bytes) -> None:
        await _in_thread(lambda: _write(self.place(id), at, data))

    async def sync(self, id: FileId) -> None:
        await _in_thread(lambda: _sync(self.place(id)))

    async def digest(self, file: Path) -> BlobName:
        return await _in_thread(lambda: _digest(file))

    async def head(self, id: FileId, count: int) -> bytes:
        return await _in_thread(lambda: _head(self.place(id), count))

    async def drop(self, id: FileId) -> None:
        await _in_thread(lambda: _drop(self.place(id)))


def _begin(place: Path) -> None:
    make_folder(place.parent)
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    sync_folder(place.parent)


def _write(place: Path, at: int, data: bytes) -> None:
    descriptor = _open(place, os.O_WRONLY)
    try:
        left = memoryview(data)
        while left:
            written = os.pwrite(descriptor, left, at)
            left, at = left[written:], at + written
    finally:
        os.close(descriptor)


def _sync(place: Path) -> None:
    descriptor = _open(place, os.O_WRONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(file: Path) -> BlobName:
    with file.open("rb") as opened:
        return BlobName(hashlib.file_digest(opened, "sha256").hexdigest())


def _head(place: Path, count: int) -> bytes:
    descriptor = _open(place, os.O_RDONLY)
    try:
        return os.pread(descriptor, count, 0)
    finally:
        os.close(descriptor)


def _drop(place: Path) -> None:
    for file in place.parent.glob(f"{place.name}*"):
        file.unlink(missing_ok=True)


def _open(place: Path, flags: int) -> int:
    return os.open(place, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except FileNotFoundError as gone:
        raise NotFound("There is no such upload.") from gone
    except OSError as wrong:
        log.error("upload_failed", reason=wrong.strerror)
        raise StorageFailed("The place where files are kept has failed.") from wrong
