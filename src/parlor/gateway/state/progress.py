"""How far rooms that keep messages have been delivered in this process: where a newcomer begins.

Whoever joins gets everything up to here from the history and everything later from `deliver`.
Both sides move in one step each, so nobody gets a message twice or misses one. Called by
`gateway.deliver` for every envelope with an epoch, and by `gateway.catch_up`.
"""

from __future__ import annotations

from parlor.gateway.state.link import Link
from parlor.model.ids import RoomId
from parlor.model.newest import Newest
from parlor.model.room import Position


class Progress:
    """Remembers the `max_rooms` rooms delivered to last. That has to be more than the history
    keeps, or else a newcomer could get what is still on its way twice."""

    __slots__ = ("_delivered", "_max_rooms", "_walks")

    def __init__(self, max_rooms: int) -> None:
        self._max_rooms = max_rooms
        self._delivered: Newest[RoomId, Position] = Newest()
        self._walks: dict[RoomId, set[Link]] = {}

    def begin(self, room: RoomId, last: Position) -> set[Link]:
        """A walk over the members of `room` begins with messages up to `last`.

        Returns the links that it has to leave out, which grows until `end`: they joined anew
        after the walk had begun. One walk a room at a time.
        """
        self.note(room, last)
        return self._walks.setdefault(room, set())

    def note(self, room: RoomId, last: Position) -> None:
        """Messages up to `last` are no longer on their way: a process before this one delivered
        them, or a walk is about to."""
        self._delivered.put(room, last)
        self._delivered.trim(self._max_rooms)

    def end(self, room: RoomId) -> None:
        self._walks.pop(room, None)

    def delivered(self, room: RoomId, epoch: str) -> int:
        """The offset up to which messages of this epoch went to the members; 0: none did."""
        last = self._delivered.get(room)
        return last.offset if last is not None and last.epoch == epoch else 0

    def on_join(self, room: RoomId, link: Link) -> None:
        """`link` is given everything delivered so far: a walk in progress must not do it again."""
        walk = self._walks.get(room)
        if walk is not None:
            walk.add(link)

    def __len__(self) -> int:
        return len(self._delivered)
