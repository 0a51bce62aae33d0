"""Messages of rooms that keep some: numbered on their way out, read by those who come back.

Everything for a room goes through `Replay.publish`, whoever pushes it, so that its number is the
order in which it is on the bus. `gateway.catch_up` reads.
"""

from __future__ import annotations

import asyncio

import msgspec

from parlor.model.ids import RoomId
from parlor.model.push import Envelope, ToRoom
from parlor.model.room import Position
from parlor.ports.history import History, Keep, Tail
from parlor.push.policies import Policies
from parlor.push.route import Route


class Replay:
    """A `Route` that numbers. Rooms whose policy keeps nothing cost one lookup here."""

    def __init__(self, route: Route, history: History, policies: Policies) -> None:
        self._route = route
        self._history = history
        self._policies = policies
        self._turns: dict[RoomId, _Turn] = {}

    async def publish(self, envelope: Envelope) -> None:
        """Hand the envelope to the bus, after what was handed over before it for this room.

        Raises what the history or the bus raises. When it was the bus, the messages are kept all
        the same, and who comes back gets them.
        """
        keep = self._keep(envelope)
        if keep is None or not isinstance(envelope.to, ToRoom):
            await self._route.publish(envelope)
            return
        room = envelope.to.room
        turn = self._turns.setdefault(room, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                last = await self._history.append(room, envelope.pushes, keep)
                await self._route.publish(_numbered(envelope, last))
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[room]

    @property
    def waiting_rooms(self) -> int:
        """Rooms with envelopes that are being numbered."""
        return len(self._turns)

    def keeps(self, room: RoomId) -> bool:
        return self._policies.of(room).keep is not None

    async def since(self, room: RoomId, position: Position | None) -> Tail:
        """What came after `position`. Raises LookupError for a room that keeps nothing."""
        keep = self._policies.of(room).keep
        if keep is None:
            raise LookupError(room)
        return await self._history.since(room, position, keep)

    def _keep(self, envelope: Envelope) -> Keep | None:
        if not envelope.pushes or not isinstance(envelope.to, ToRoom):
            return None
        return self._policies.of(envelope.to.room).keep


class _Turn:
    __slots__ = ("lock", "waiting")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


def _numbered(envelope: Envelope, last: Position) -> Envelope:
    first = last.offset - len(envelope.pushes) + 1
    pushes = tuple(
        msgspec.structs.replace(push, offset=first + place)
        for place, push in enumerate(envelope.pushes)
    )
    return msgspec.structs.replace(envelope, pushes=pushes, epoch=last.epoch)
