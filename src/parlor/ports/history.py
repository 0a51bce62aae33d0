"""The last messages of rooms, for those who come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from parlor.model.ids import RoomId
from parlor.model.push import Push
from parlor.model.room import Position


class Keep(msgspec.Struct, frozen=True):
    """How much of one room is kept: all limits hold together, 0 is no limit of that kind."""

    count: int
    seconds: float
    max_bytes: int


class Tail(msgspec.Struct, frozen=True):
    """What a room still has after a position, in order.

    `position` is where the room stands. Not `recovered`: something after the position that was
    asked for is gone, or nobody knows; `pushes` are then all that is left.
    """

    position: Position
    pushes: tuple[Push, ...]
    recovered: bool


class History(Protocol):
    """Numbers the messages of a room from 1, without gaps, within an epoch.

    It may forget a room at any time: then the room has a new epoch, and no position of the old
    one is ever `recovered`. Calls for one room take effect in the order in which they began.
    """

    async def append(self, room: RoomId, pushes: Sequence[Push], keep: Keep) -> Position:
        """Number and keep `pushes`; returns the position of the last. Not idempotent."""

    async def since(self, room: RoomId, position: Position | None, keep: Keep) -> Tail:
        """What came after `position`; None: all that is kept, and not recovered.

        A room without messages has a position too, which a later `since` may use.
        """
