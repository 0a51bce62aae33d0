"""Files that are whole: who may read them, and what nothing refers to any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.file import StoredFile
from parlor.model.ids import BlobName, FileId, UserId


class Files(Protocol):
    async def readable(self, user: UserId, id: FileId, now_ms: int) -> StoredFile | None:
        """The file, when it is `user`'s own, or when a message refers to it that `user` can read
        at `now_ms`. One look, however many messages refer to it."""

    async def own(self, user: UserId, id: FileId) -> StoredFile | None:
        """The file, when `user` has uploaded it."""

    async def used_bytes(self, user: UserId) -> int:
        """What `user` has uploaded and is uploading."""

    async def drop_unused(self, before_ms: int, limit: int) -> int:
        """Forget at most `limit` files that were stored before that time and that no message
        refers to; how many those were."""


class BlobRows(Protocol):
    """Which bytes are kept, so that none is left behind and none is taken away too early.

    A blob is claimed before its bytes are put; it is doomed when no file is made of it, its bytes
    are removed, and then it is forgotten.
    """

    async def claim(self, names: Sequence[BlobName], at_ms: int) -> None:
        """None of them is doomed before that time is long enough ago. Raises StorageFailed for one
        that is being removed at this moment: try again."""

    async def doom(self, before_ms: int, limit: int) -> Sequence[BlobName]:
        """At most `limit` that were claimed before that time and are of no use, and those that were
        doomed before and not forgotten. No file can be made of them from now on."""

    async def forget(self, names: Sequence[BlobName]) -> None:
        """Their bytes are gone."""
