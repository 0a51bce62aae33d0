"""Which rooms people are told of who look for one: the fullest of those that are listed."""

from __future__ import annotations

from collections.abc import Sequence

from parlor.model.ids import RoomId
from parlor.ports.clock import Clock
from parlor.ports.presence import Presence
from parlor.push.policies import Policies
from parlor.push.settings import PushSettings


class ListedRooms:
    """Counting walks over all rooms that somebody is in, so it is done once for all who ask
    within `push.listed_each_s`."""

    def __init__(
        self, presence: Presence, policies: Policies, clock: Clock, settings: PushSettings
    ) -> None:
        self._presence = presence
        self._policies = policies
        self._clock = clock
        self._most = settings.listed_rooms
        self._each_s = settings.listed_each_s
        self._counted_at = float("-inf")
        self._fullest: tuple[tuple[RoomId, int], ...] = ()

    def fullest(self) -> Sequence[tuple[RoomId, int]]:
        """Rooms and how many connections are in them, fullest first, `push.listed_rooms` at most.

        Whether somebody may be told of each is the caller's business. Of a pattern that goes on
        after its first mark, a room may be left out while more others of its beginning are fuller.
        """
        now = self._clock.now()
        if now - self._counted_at >= self._each_s:
            self._counted_at = now
            self._fullest = tuple(self._count())
        return self._fullest

    def beginning(self) -> str:
        """What makes a listed room in which members speak of the word behind it; may be empty."""
        for rule in self._policies.rules:
            if rule.listed and rule.publish and rule.match == rule.beginning + "*":
                return rule.beginning
        return ""

    def _count(self) -> list[tuple[RoomId, int]]:
        beginnings = {rule.beginning for rule in self._policies.rules if rule.listed}
        found = {
            room: online
            for beginning in beginnings
            for room, online in self._presence.top_rooms(beginning, self._most)
            if self._policies.of(room).listed
        }
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[: self._most]
