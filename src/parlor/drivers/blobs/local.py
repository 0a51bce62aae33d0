"""Blobs in a folder of this machine. Satisfies `ports.blobs.Blobs`.

A blob is a file called like itself, in one of 256 folders. It gets its name only when its bytes
are on the disk, so that whatever is under a name is whole.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from parlor.drivers.blobs.durable import make_folder, sync_file, sync_folder
from parlor.drivers.blobs.names import check_blob_name
from parlor.model.errors import NotFound, StorageFailed
from parlor.model.ids import BlobName

T = TypeVar("T")
log = structlog.get_logger()
PIECE_BYTES = 262_144
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP})
"""The other file is elsewhere, or the file system has no hard links."""


class LocalBlobs:
    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first blob comes."""
        self._folder = folder

    async def keep(self, name: BlobName, file: Path) -> None:
        await _in_thread(lambda: _keep(self._place(name), file))

    async def size(self, name: BlobName) -> int | None:
        return await _in_thread(lambda: _size(self._place(name)))

    async def read(self, name: BlobName, start: int, stop: int) -> AsyncIterator[bytes]:
        descriptor = await _in_thread(lambda: _open(self._place(name)))
        try:
            while start < stop:
                most = min(PIECE_BYTES, stop - start)
                piece = await _in_thread(partial(os.pread, descriptor, most, start))
                if not piece:
                    raise StorageFailed("A stored file is shorter than it was.")
                start += len(piece)
                yield piece
        finally:
            os.close(descriptor)

    async def drop(self, name: BlobName) -> None:
        await _in_thread(lambda: self._place(name).unlink(missing_ok=True))

    def _place(self, name: str) -> Path:
        checked = check_blob_name(name)
        return self._folder / checked[:2] / checked


def _keep(place: Path, file: Path) -> None:
    make_folder(place.parent)
    if not place.exists():
        sync_file(file)
        _link(place, file)
    # Also when it was there: whoever put it may not have come this far.
    sync_folder(place.parent)


def _link(place: Path, file: Path) -> None:
    try:
        os.link(file, place)
    except FileExistsError:
        return
    except OSError as wrong:
        if wrong.errno not in _NO_LINKS:
            raise
        aside = place.with_name(f"{place.name}.{os.getpid()}.part")
        shutil.copyfile(file, aside)
        sync_file(aside)
        aside.replace(place)


def _size(place: Path) -> int | None:
    try:
        return place.stat().st_size
    except FileNotFoundError:
        return None


def _open(place: Path) -> int:
    try:
        return os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as gone:
        raise NotFound("There is no such blob.") from gone


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as wrong:
        log.error("files_failed", reason=wrong.strerror)
        raise StorageFailed("The place where files are kept has failed.") from wrong
