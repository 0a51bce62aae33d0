"""What programs call to push: one method per audience, with the checks all of them share.

Owns limits, repeats and ids. `push.dispatch` knows which way a push leaves, `push.durable` keeps
those that must survive this process. Called by the REST API and the front doors.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parlor.model.errors import BadRequest, TooLarge
from parlor.model.ids import DeviceId, PushId, RoomId, UserId
from parlor.model.push import (
    Delivery,
    Push,
    Target,
    ToAll,
    ToDevices,
    ToRooms,
    ToUsers,
)
from parlor.model.text import check_room
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.meter import Meter
from parlor.ports.presence import Presence
from parlor.push.dispatch import Dispatch
from parlor.push.durable import DurablePushes
from parlor.push.seen import Seen
from parlor.push.settings import PushSettings
from parlor.push.traces import NO_TRACES, Traces


class Pushed(msgspec.Struct, frozen=True):
    """`to` is how many connections were online when it was accepted; None when nobody knows."""

    push_id: PushId
    to: int | None


class Wish(msgspec.Struct, frozen=True):
    """How a push is to be made, whatever its audience.

    `id`, when set, makes the request repeatable: the same `id` of the same `program` again is
    answered with the first `Pushed` and sent to nobody. `durable`: it is accepted once the log
    has it, delivered from there in order, and its `id` outlives a restart.
    """

    tag: str = ""
    delivery: Delivery = Delivery.LOSSY
    id: str = ""
    program: str = ""
    durable: bool = False


PLAIN = Wish()


class Pushes:
    """Every method returns once the bus has the push, a room's line has it, it is stored as mail
    (must-arrive, to users or devices), or the log has it (`durable`).

    Raises TooLarge for the body, BadRequest for the targets, RoomTooBusy (not when durable),
    LogFull (only then), StorageFailed and Overloaded.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        durable: DurablePushes,
        presence: Presence,
        clock: Clock,
        entropy: Entropy,
        meter: Meter,
        settings: PushSettings,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._dispatch = dispatch
        self._durable = durable
        self._presence = presence
        self._clock = clock
        self._entropy = entropy
        self._meter = meter
        self._settings = settings
        self._traces = traces
        self.seen: Seen[Pushed] = Seen(settings.remember_s, settings.remember_ids)
        """By program and `id`; a successor of this process is given it."""

    def apply(self, settings: PushSettings) -> None:
        """From the next push on."""
        self._settings = settings
        self.seen.apply(settings.remember_s, settings.remember_ids)

    async def to_devices(
        self, devices: Sequence[DeviceId], body: bytes, wish: Wish = PLAIN
    ) -> Pushed:
        self._check_targets(devices)
        return await self._push(ToDevices(tuple(devices)), None, body, wish)

    async def to_users(self, users: Sequence[UserId], body: bytes, wish: Wish = PLAIN) -> Pushed:
        self._check_targets(users)
        online = sum(self._presence.online(user) for user in dict.fromkeys(users))
        return await self._push(ToUsers(tuple(users)), online, body, wish)

    async def to_room(
        self, room: RoomId, body: bytes, wish: Wish = PLAIN, *, rate: int = 0
    ) -> Pushed:
        """The first message to a quiet room leaves at once; more than the room's rate is
        refused with RoomTooBusy and the time to wait. `rate` as in `to_all`."""
        return await self.to_rooms((room,), body, wish, rate=rate)

    async def to_rooms(
        self, rooms: Sequence[RoomId], body: bytes, wish: Wish = PLAIN, *, rate: int = 0
    ) -> Pushed:
        """One push into each of `rooms`, all under the same id: a connection that is in several
        gets it once for each, and is counted so. One room too busy refuses it for all."""
        self._check_targets(rooms)
        self._check_rate(rate)
        each = tuple(
            dict.fromkeys(check_room(name, self._settings.max_room_bytes) for name in rooms)
        )
        online = sum(self._presence.in_room(room) for room in each)
        return await self._push(ToRooms(each, rate), online, body, wish)

    async def to_all(self, body: bytes, wish: Wish = PLAIN, *, rate: int = 0) -> Pushed:
        """`rate`: deliveries a second in each gateway process; 0 is as fast as it goes."""
        self._check_rate(rate)
        online, _ = self._presence.totals()
        return await self._push(ToAll(rate), online, body, wish)

    async def _push(self, to: Target, online: int | None, body: bytes, wish: Wish) -> Pushed:
        if len(body) > self._settings.max_body_bytes:
            raise TooLarge(f"A push has at most {self._settings.max_body_bytes} bytes.")
        if len(wish.id) > self._settings.max_id_chars:
            raise BadRequest(f"`id` has at most {self._settings.max_id_chars} characters.")
        pushed = Pushed(PushId(self._entropy.token_bytes(12).hex()), online)
        push = Push(pushed.push_id, body, wish.tag, wish.delivery)
        if wish.durable:
            return await self._queue(to, push, pushed, wish)
        name = (wish.program, wish.id)
        if wish.id:
            first = self.seen.first(name, pushed, self._clock.now())
            if first is not None:
                self._meter.count("pushes_repeated_total")
                return first
        self._traces.begin(push, to, wish.program, online)
        sent = False
        try:
            await self._dispatch.send(to, push)
            sent = True
        finally:
            if not sent:
                self._traces.forget(push.id)
                if wish.id:
                    self.seen.forget(name)
        self._traces.handed(push.id)
        self._meter.count("pushes_accepted_total")
        return pushed

    async def _queue(self, to: Target, push: Push, pushed: Pushed, wish: Wish) -> Pushed:
        key = f"{wish.program}\n{wish.id}" if wish.id else ""
        answer = _encode(pushed)
        self._traces.begin(push, to, wish.program, pushed.to)
        first = b""
        try:
            first = await self._durable.put(to, push, key=key, answer=answer)
        finally:
            if first != answer:
                self._traces.forget(push.id)
        if first != answer:
            self._meter.count("pushes_repeated_total")
            return _decoder.decode(first)
        self._traces.handed(push.id)
        self._meter.count("pushes_accepted_total")
        return pushed

    @property
    def remembered(self) -> int:
        """Pushes that would be known again by their `id`."""
        return len(self.seen)

    def _check_targets(self, targets: Sequence[str]) -> None:
        if not 1 <= len(targets) <= self._settings.max_targets:
            raise BadRequest(f"A push names 1 to {self._settings.max_targets} targets.")
        if not all(1 <= len(name) <= self._settings.max_target_chars for name in targets):
            raise BadRequest(
                f"A target's name has 1 to {self._settings.max_target_chars} characters."
            )

    def _check_rate(self, rate: int) -> None:
        if rate < 0:
            raise BadRequest("`rate` is not negative.")


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Pushed)
