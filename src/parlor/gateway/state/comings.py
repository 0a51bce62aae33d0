"""Who came to and left which room since members were told last.

Joined into one event per room and window, so that a thousand people who come at once cost one
event and not a thousand. Told by the hub, asked by `gateway.presence`; a function of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from parlor.gateway.state.link import Link
from parlor.model.ids import RoomId, UserId
from parlor.wire.native.pushes import RoomPresencePush


class Rule(NamedTuple):
    """People are named while at most `named` connections are in the room; an event comes at most
    every `window_s`."""

    named: int
    window_s: float


class Members(Protocol):
    """`gateway.state.hub.Hub` as this module sees it."""

    def in_room(self, room: RoomId) -> Iterable[Link]: ...

    def room_online(self, room: RoomId) -> int: ...

    def of_user(self, user: UserId) -> Iterable[Link]: ...


class Comings:
    """`rule_of` says how a room tells it; None: not at all."""

    __slots__ = ("_changed", "_members", "_quiet_until", "_rule_of", "_window_per_member_s")

    def __init__(
        self,
        members: Members,
        rule_of: Callable[[RoomId], Rule | None],
        window_per_member_s: float,
    ) -> None:
        self._members = members
        self._rule_of = rule_of
        self._window_per_member_s = window_per_member_s
        # Of each user: was there before the first change. None: too many to name.
        self._changed: dict[RoomId, dict[UserId, bool] | None] = {}
        self._quiet_until: dict[RoomId, float] = {}

    def on_join(self, room: RoomId, link: Link) -> None:
        """`link` has joined `room` just now."""
        self._on_change(room, link)

    def on_leave(self, room: RoomId, link: Link) -> None:
        """`link` has left `room` just now, or is gone."""
        self._on_change(room, link)

    def users(self, room: RoomId) -> tuple[UserId, ...]:
        """Who is in `room`, each once, in the order of joining; empty where nobody is named."""
        rule = self._rule_of(room)
        if rule is None or self._members.room_online(room) > rule.named:
            return ()
        return self._named(room)

    def due(self, now: float) -> list[RoomPresencePush]:
        """The events to send now. Rooms that everybody left have nobody to tell."""
        for room in [room for room, until in self._quiet_until.items() if until <= now]:
            del self._quiet_until[room]
        events = []
        for room in [room for room in self._changed if room not in self._quiet_until]:
            change = self._changed.pop(room)
            rule = self._rule_of(room)
            online = self._members.room_online(room)
            if rule is None or not online:
                continue
            window_s = max(rule.window_s, online * self._window_per_member_s)
            self._quiet_until[room] = now + window_s
            if change is None or online > rule.named:
                events.append(RoomPresencePush(room, online, named=False))
                continue
            users = self._named(room)
            there = set(users)
            joined = tuple(user for user, was in change.items() if not was and user in there)
            left = tuple(user for user, was in change.items() if was and user not in there)
            events.append(RoomPresencePush(room, online, True, users, joined, left))
        return events

    def __len__(self) -> int:
        """Rooms with something to tell."""
        return len(self._changed)

    def _on_change(self, room: RoomId, link: Link) -> None:
        rule = self._rule_of(room)
        if rule is None:
            return
        if self._members.room_online(room) > rule.named:
            self._changed[room] = None
            return
        change = self._changed.setdefault(room, {})
        if change is not None and link.user and link.user not in change:
            # Another connection of the same user was there before this change and is there still.
            others = self._members.of_user(link.user)
            is_other = any(other is not link and room in other.rooms for other in others)
            change[link.user] = is_other or room not in link.rooms
            if len(change) > rule.named * 4 + 100:
                self._changed[room] = None

    def _named(self, room: RoomId) -> tuple[UserId, ...]:
        return tuple(dict.fromkeys(link.user for link in self._members.in_room(room) if link.user))
