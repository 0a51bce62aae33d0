"""Bytes of any size, each under a name that is made of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from parlor.model.ids import BlobName


class Blobs(Protocol):
    """Names are SHA-256 in hexadecimal, and nothing else: `check_blob_name` has seen each.

    All raise StorageFailed when the place does not answer.
    """

    async def keep(self, name: BlobName, file: Path) -> None:
        """Have the bytes of `file` under `name`, for good once this returns.

        Never half of them, whatever happens meanwhile; one that is there already may be left as it
        is. `file` stays where it is, and may be removed but not written to afterwards.
        """

    async def size(self, name: BlobName) -> int | None:
        """In bytes; None: there is no such blob."""

    def read(self, name: BlobName, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop`, in pieces of a bounded size, as they are asked for.

        Raises NotFound, also in the middle, when it is dropped meanwhile.
        """

    async def drop(self, name: BlobName) -> None:
        """Forget it. One that is not there is no error."""
