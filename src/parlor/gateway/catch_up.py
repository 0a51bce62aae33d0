"""Joining rooms that keep messages: what was missed first, then what is live, nothing twice.

Two steps: `read` may wait for the history, `enter` may not. Between `enter` and the reply, and
between the reply and what was missed, there must be no await either: `Answered` of
`gateway.requests` sees to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.link import Link
from parlor.model.ids import RoomId
from parlor.model.push import Envelope, ToRoom
from parlor.model.room import Position
from parlor.ports.history import Tail
from parlor.push.replay import Replay
from parlor.wire.native.methods import RoomState


@dataclass(frozen=True, slots=True)
class Entered:
    """`follow` puts what was missed into the outbox: to be called right after the reply."""

    state: RoomState
    follow: Callable[[], None] | None = None


class CatchUp:
    def __init__(self, gateway: Gateway, replay: Replay) -> None:
        self._hub = gateway.hub
        self._progress = gateway.progress
        self._meter = gateway.meter
        self._replay = replay

    def keeps(self, room: RoomId) -> bool:
        return self._replay.keeps(room)

    async def read(self, wanted: Mapping[RoomId, Position | None]) -> dict[RoomId, Tail]:
        """What each of these rooms, which all keep messages, has after the position given.

        Good until the next await of the caller.
        """
        tails: dict[RoomId, Tail] = {}
        stale = list(wanted)
        while stale:
            for room in stale:
                tails[room] = await self._replay.since(room, wanted[room])
            # Something that the history had not yet when it was read may be delivered by now.
            stale = [room for room, tail in tails.items() if self._is_stale(room, tail)]
        return tails

    def enter(self, link: Link, room: RoomId, tail: Tail, *, whole: bool = False) -> Entered:
        """Join. `whole`: what is left follows also when it is not all that was missed.

        Where the link is already, it gets everything live, and nothing is replayed.
        """
        delivered = self._progress.delivered(room, tail.position.epoch)
        here = Position(tail.position.epoch, min(delivered, tail.position.offset))
        if not self._hub.join(link, room):
            return Entered(RoomState(room, here, recovered=False))
        self._progress.on_join(room, link)
        state = RoomState(room, here, tail.recovered)
        # The rest is on its way and comes live.
        missed = tuple(push for push in tail.pushes if push.offset <= here.offset)
        if not missed or not (tail.recovered or whole):
            return Entered(state)
        envelope = Envelope(ToRoom(room), missed, here.epoch)
        return Entered(state, lambda: self._send(link, envelope))

    def _send(self, link: Link, envelope: Envelope) -> None:
        frame = link.codec.pushes(envelope)
        if frame is not None and link.put(frame):
            self._meter.count("pushes_replayed_total", len(envelope.pushes))

    def _is_stale(self, room: RoomId, tail: Tail) -> bool:
        return self._progress.delivered(room, tail.position.epoch) > tail.position.offset
