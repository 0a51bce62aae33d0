"""Presence of a single process: what its own hub counts is all there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from parlor.model.ids import DeviceId, RoomId, UserId


class LocalCounts(Protocol):
    """What the hub of this process can say (`gateway.state.hub.Hub`)."""

    def connections(self) -> int: ...

    def addresses(self) -> int: ...

    def user_online(self, user: UserId) -> int: ...

    def device_online(self, device: DeviceId) -> int: ...

    def devices_of(self, user: UserId) -> Mapping[DeviceId, int]: ...

    def users_online(self) -> int: ...

    def users(self) -> Iterable[UserId]: ...

    def room_online(self, room: RoomId) -> int: ...

    def top_rooms(self, prefix: str, limit: int) -> Sequence[tuple[RoomId, int]]: ...


class MemoryPresence:
    """Exact at every moment."""

    def __init__(self, counts: LocalCounts) -> None:
        self._counts = counts

    def online(self, user: UserId) -> int:
        return self._counts.user_online(user)

    def device_online(self, device: DeviceId) -> int:
        return self._counts.device_online(device)

    def devices_of(self, user: UserId) -> Mapping[DeviceId, int]:
        return self._counts.devices_of(user)

    def users_online(self) -> int:
        return self._counts.users_online()

    def users(self) -> Iterable[UserId]:
        return self._counts.users()

    def in_room(self, room: RoomId) -> int:
        return self._counts.room_online(room)

    def top_rooms(self, prefix: str, limit: int) -> Sequence[tuple[RoomId, int]]:
        return self._counts.top_rooms(prefix, limit)

    def totals(self) -> tuple[int, int]:
        return self._counts.connections(), self._counts.addresses()
