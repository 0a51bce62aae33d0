"""The audit log: acts of those who have power over others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.audit import AuditEntry


class Audit(Protocol):
    """Entries are never changed. Acts on groups are written by `ports.messages.Messages.act` and
    `ports.entrances.Entrances` in the transaction of the act itself, so none is without one."""

    async def put(self, entry: AuditEntry) -> AuditEntry:
        """Store what was done; its `id` is ignored and given by the store."""

    async def list(self, before: int, limit: int, *, subject: str = "") -> Sequence[AuditEntry]:
        """Newest first, with an id below `before` (0: from the newest); of one subject if given."""
