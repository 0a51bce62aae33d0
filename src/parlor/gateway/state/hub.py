"""Who is here: the links of this process by key, user, device and room, with exact counts.

Owns the indices and the counts. Does not own connections: whoever opened one adds its link after
the greeting and removes it at the end. Called by the shells, `gateway.deliver`, the front doors
and, for counts, by presence.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from parlor.gateway.state.link import Link
from parlor.model.ids import ConnectionKey, DeviceId, RoomId, UserId

Name = TypeVar("Name", bound=str)


class Index(Generic[Name]):
    """Name -> links. Most names have one link, so one link is kept with nothing around it.

    Several are the keys of a dictionary: a walk in the order of joining meets links, and what the
    kernel keeps for their sockets, in the order in which they lie in memory. In a room of 5,000
    that saves about 7 % of a delivery over the order of a set (benches/fanout.py).
    """

    __slots__ = ("_links",)

    def __init__(self) -> None:
        self._links: dict[Name, Link | dict[Link, None]] = {}

    def add(self, name: Name, link: Link) -> None:
        there = self._links.setdefault(name, link)
        if isinstance(there, dict):
            there[link] = None
        elif there is not link:
            self._links[name] = {there: None, link: None}

    def discard(self, name: Name, link: Link) -> None:
        """A name without links is forgotten, so names cost nothing once they are left."""
        there = self._links.get(name)
        if isinstance(there, dict):
            there.pop(link, None)
            if not there:
                del self._links[name]
        elif there is link:
            del self._links[name]

    def links(self, name: Name) -> tuple[Link, ...]:
        """A snapshot: it stays valid while the caller yields to the loop."""
        there = self._links.get(name)
        if there is None:
            return ()
        return tuple(there) if isinstance(there, dict) else (there,)

    def count(self, name: Name) -> int:
        there = self._links.get(name)
        if there is None:
            return 0
        return len(there) if isinstance(there, dict) else 1

    def names(self) -> Collection[Name]:
        return self._links.keys()


class Watcher(Protocol):
    """Wants to know who comes and goes. Called after the hub has changed; may not change it."""

    def on_join(self, room: RoomId, link: Link) -> None: ...

    def on_leave(self, room: RoomId, link: Link) -> None: ...


class Hub:
    """All greeted links of the process. Not thread-safe: one loop owns it."""

    def __init__(self) -> None:
        self._watcher: Watcher | None = None
        self._by_key: dict[ConnectionKey, Link] = {}
        self._users: Index[UserId] = Index()
        self._devices: Index[DeviceId] = Index()
        self._rooms: Index[RoomId] = Index()
        self._addresses: dict[str, int] = {}
        self._on_added: tuple[Callable[[Link], None], ...] = ()
        self._on_removed: tuple[Callable[[Link], None], ...] = ()

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of every join and leave from now on. There is one."""
        self._watcher = watcher

    def listen(self, on_added: Callable[[Link], None], on_removed: Callable[[Link], None]) -> None:
        """Tell of each link that has just come or gone, after those who listen already. Neither
        may call back into the hub."""
        self._on_added += (on_added,)
        self._on_removed += (on_removed,)

    def add(self, link: Link) -> Link | None:
        """Put `link` into every index. Returns the older link of the same key, already removed;
        closing it (`REPLACED`) is the caller's part. An empty user or device is not indexed."""
        replaced = self._by_key.get(link.key)
        if replaced is link:
            return None
        if replaced is not None:
            self.remove(replaced)
        self._by_key[link.key] = link
        if link.user:
            self._users.add(link.user, link)
        if link.device:
            self._devices.add(link.device, link)
        self._addresses[link.address] = self._addresses.get(link.address, 0) + 1
        for told in self._on_added:
            told(link)
        return replaced

    def remove(self, link: Link) -> bool:
        """Take `link` out of every index and room. False when it is not (or no longer) here,
        so a replaced link that ends late harms nobody."""
        if self._by_key.get(link.key) is not link:
            return False
        del self._by_key[link.key]
        self._users.discard(link.user, link)
        self._devices.discard(link.device, link)
        rooms, link.rooms = link.rooms, ()
        for room in rooms:
            self._rooms.discard(room, link)
            if self._watcher is not None:
                self._watcher.on_leave(room, link)
        left = self._addresses[link.address] - 1
        if left:
            self._addresses[link.address] = left
        else:
            del self._addresses[link.address]
        for told in self._on_removed:
            told(link)
        return True

    def join(self, link: Link, room: RoomId) -> bool:
        """False when the link is in the room already, or is not here at all."""
        if room in link.rooms or self._by_key.get(link.key) is not link:
            return False
        link.rooms = (*link.rooms, room)
        self._rooms.add(room, link)
        if self._watcher is not None:
            self._watcher.on_join(room, link)
        return True

    def leave(self, link: Link, room: RoomId) -> bool:
        """False when the link was not in the room."""
        if room not in link.rooms:
            return False
        link.rooms = tuple(other for other in link.rooms if other != room)
        self._rooms.discard(room, link)
        if self._watcher is not None:
            self._watcher.on_leave(room, link)
        return True

    def by_key(self, key: ConnectionKey) -> Link | None:
        return self._by_key.get(key)

    def of_user(self, user: UserId) -> tuple[Link, ...]:
        return self._users.links(user)

    def of_device(self, device: DeviceId) -> tuple[Link, ...]:
        return self._devices.links(device)

    def in_room(self, room: RoomId) -> tuple[Link, ...]:
        return self._rooms.links(room)

    def all(self) -> tuple[Link, ...]:
        return tuple(self._by_key.values())

    def users(self) -> tuple[UserId, ...]:
        """Everybody who is here, each once; those without a name are not counted."""
        return tuple(self._users.names())

    def connections(self) -> int:
        return len(self._by_key)

    def addresses(self) -> int:
        """How many different addresses the links come from."""
        return len(self._addresses)

    def rooms(self) -> int:
        """How many rooms have somebody in them."""
        return len(self._rooms.names())

    def user_online(self, user: UserId) -> int:
        return self._users.count(user)

    def device_online(self, device: DeviceId) -> int:
        return self._devices.count(device)

    def devices_of(self, user: UserId) -> Mapping[DeviceId, int]:
        """The user's devices that are here, each with how many links."""
        return Counter(link.device for link in self._users.links(user))

    def users_online(self) -> int:
        """How many different users are here; those without a name are not counted."""
        return len(self._users.names())

    def room_online(self, room: RoomId) -> int:
        return self._rooms.count(room)

    def top_rooms(self, prefix: str, limit: int) -> Sequence[tuple[RoomId, int]]:
        """Rooms whose name starts with `prefix`, fullest first, equal ones by name."""
        counts = (
            (room, self._rooms.count(room))
            for room in self._rooms.names()
            if room.startswith(prefix)
        )
        return heapq.nsmallest(max(0, limit), counts, key=lambda item: (-item[1], item[0]))
