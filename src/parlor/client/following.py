"""The rooms a client wants to be in, over all its connections, and how far it has heard each.

Hand the same `Following` to every `connect`: the hello then joins its rooms again and asks for
what was missed. Owns no connection; `client.connection` tells it what comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from parlor.model.room import Position
from parlor.wire.native.pushes import DeliveryPush


class Following:
    """Rooms without a position have kept nothing so far, or were never joined yet."""

    def __init__(self, rooms: Iterable[str] = ()) -> None:
        self._positions: dict[str, Position | None] = dict.fromkeys(rooms)

    @property
    def rooms(self) -> tuple[str, ...]:
        return tuple(self._positions)

    @property
    def since(self) -> dict[str, Position]:
        """For `Hello.since`."""
        return {room: at for room, at in self._positions.items() if at is not None}

    def position(self, room: str) -> Position | None:
        return self._positions.get(room)

    def on_join(self, room: str) -> Position | None:
        """`room` is wanted from now on. Returns what to ask for."""
        return self._positions.setdefault(room, None)

    def on_leave(self, room: str) -> None:
        self._positions.pop(room, None)

    def on_joined(
        self, room: str, asked: Position | None, position: Position | None, *, recovered: bool
    ) -> None:
        """The server's answer. What was delivered since the question is further than it."""
        if not recovered and room in self._positions and self._positions[room] == asked:
            # A plain one: what was decoded equals nothing but itself.
            self._positions[room] = position and Position(position.epoch, position.offset)

    def on_hello(
        self, asked: Mapping[str, Position], states: Iterable[tuple[str, Position | None, bool]]
    ) -> None:
        """The same for every room of a hello reply: (room, position, recovered)."""
        for room, position, recovered in states:
            self.on_joined(room, asked.get(room), position, recovered=recovered)

    def on_delivery(self, delivery: DeliveryPush) -> None:
        if delivery.epoch and delivery.room in self._positions:
            self._positions[delivery.room] = Position(delivery.epoch, delivery.offset)
