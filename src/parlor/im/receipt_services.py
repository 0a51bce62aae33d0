"""What `im` offers about receipts, as protocols (see `im.services`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from parlor.model.ids import ConversationId, DeviceId, UserId
from parlor.model.receipt import Receipt
from parlor.ports.deliveries import Readers


class Delivered(Protocol):
    def note(
        self, user: UserId, device: DeviceId, positions: Mapping[str, int]
    ) -> tuple[ConversationId, ...]: ...


class Receipts(Protocol):
    async def list(self, user: UserId, id: ConversationId) -> Sequence[Receipt]: ...
    async def readers(
        self, user: UserId, id: ConversationId, seq: int, cursor: str, limit: int
    ) -> tuple[Readers, str]: ...
