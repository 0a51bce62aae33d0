"""Who is online where, over all processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from parlor.model.ids import DeviceId, RoomId, UserId


class Presence(Protocol):
    """Counts are of connections. Exact within one process, eventually exact over many."""

    def online(self, user: UserId) -> int: ...

    def device_online(self, device: DeviceId) -> int: ...

    def users_online(self) -> int:
        """How many different users."""

    def in_room(self, room: RoomId) -> int: ...

    def top_rooms(self, prefix: str, limit: int) -> Sequence[tuple[RoomId, int]]:
        """Rooms whose name starts with `prefix`, fullest first."""

    def totals(self) -> tuple[int, int]:
        """(connections, distinct addresses)."""


class OnlineDevices(Protocol):
    """As `Presence`, for one person's own eyes."""

    def devices_of(self, user: UserId) -> Mapping[DeviceId, int]:
        """The user's devices that are online, each with its connections."""
