"""Where a file grows while it is uploaded: on this machine, until it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from parlor.model.ids import BlobName, FileId


class Staging(Protocol):
    """All raise NotFound for an upload that is not there, and StorageFailed."""

    def place(self, id: FileId) -> Path:
        """Where its bytes are; others that belong to it may be put beside, named like it."""

    async def begin(self, id: FileId) -> None: ...

    async def write(self, id: FileId, at: int, data: bytes) -> None:
        """Put `data` at that place; what lies before it must be there already."""

    async def sync(self, id: FileId) -> None:
        """What was written is there for good once this returns."""

    async def digest(self, file: Path) -> BlobName:
        """The SHA-256 of all of `file`, a place or one beside it."""

    async def head(self, id: FileId, count: int) -> bytes:
        """Its first bytes."""

    async def drop(self, id: FileId) -> None:
        """Forget it, and what is beside it. One that is not there is no error."""
