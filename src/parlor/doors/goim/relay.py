"""Passing a client's own messages on to its room, where the operator wants that.

Stock goim only logs what clients send (operation 4); programs are expected to push. With
`relay = "room"` the body goes to everybody in the sender's room as operation 5, the sender
included. Called by `connection`, which reads nothing more of the sender until it is done: so the
sender's messages keep their order, and one that sends too fast is slowed down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from parlor.doors.goim.batches import RoomBatches
from parlor.doors.goim.tags import tag_of
from parlor.gateway.hooked import ask_to_publish, tell_of_publish
from parlor.gateway.state.link import Link
from parlor.model.errors import HookUnavailable, Vetoed
from parlor.model.ids import PushId, number_id
from parlor.model.push import Delivery, Push
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.hooks import Hooks
from parlor.push.pace import Pace
from parlor.wire.goim.ops import Op


class Relay:
    """`per_s` messages of each sender on average, twice as many at once."""

    def __init__(
        self,
        rooms: RoomBatches,
        clock: Clock,
        entropy: Entropy,
        *,
        delivery: Delivery,
        per_s: float,
        hooks: Callable[[], Hooks | None] = lambda: None,
    ) -> None:
        self._rooms = rooms
        self._clock = clock
        self._entropy = entropy
        self._delivery = delivery
        self._per_s = per_s
        self._hooks = hooks

    def new_pace(self) -> Pace:
        """One for each sender."""
        return Pace(self._per_s, max(1, int(2 * self._per_s)), self._clock.now())

    async def pass_on(self, sender: Link, body: bytes, pace: Pace) -> None:
        """Hand `body` to the room of `sender`, when its pace allows. Without a room: nothing.

        What the operator's program forbids goes nowhere, and its sender cannot be told.
        """
        await self._wait_turn(pace)
        for room in tuple(sender.rooms):
            try:
                await ask_to_publish(self._hooks(), sender, room, body)
            except (Vetoed, HookUnavailable):
                continue
            push_id = PushId(number_id(self._entropy.token_bytes(8)))
            await self._rooms.push(room, Push(push_id, body, tag_of(Op.SEND_REPLY), self._delivery))
            tell_of_publish(self._hooks(), sender, room, body, push_id)

    async def _wait_turn(self, pace: Pace) -> None:
        while True:
            wait_s = pace.take_nowait(self._clock.now())
            if not wait_s:
                return
            await asyncio.sleep(wait_s)
