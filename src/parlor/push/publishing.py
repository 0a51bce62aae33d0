"""Members speaking in rooms: whether, how often, how long, and what a busy room refuses first.

Owns the rules and the memory of who spoke lately. That the sender is in the room is the caller's
check (`gateway.rooms`); joining and sending are `push.rooms`'s. Nothing is stored but what the
room itself keeps.
"""

from __future__ import annotations

import msgspec

from parlor.model.client_id import check_client_id
from parlor.model.errors import Forbidden, ParlorError, RateLimited, SlowMode, TooLarge
from parlor.model.ids import PushId, RoomId, UserId
from parlor.model.newest import Newest
from parlor.model.push import Delivery, Push, ToRoom
from parlor.model.room import Priority
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.meter import Meter
from parlor.push.pace import Pace
from parlor.push.policies import Policies, RoomPolicy
from parlor.push.rooms import RoomPushes
from parlor.push.seen import Seen
from parlor.push.settings import PushSettings
from parlor.push.traces import NO_TRACES, Traces


class Published(msgspec.Struct, frozen=True):
    """`repeated`: the same `client_id` was published before, and this one was not."""

    push_id: PushId
    repeated: bool


SlowModes = tuple[tuple[RoomId, UserId, float], ...]
"""(room, sender, when they may speak again), those silent longest first; times are the machine's
monotonic ones."""


class _Speaker:
    __slots__ = ("may_at", "pace")

    def __init__(self, policy: RoomPolicy, now: float) -> None:
        self.pace = Pace(policy.user_rate, policy.user_burst, now)
        self.may_at = now


class Publishing:
    """Order: what one user publishes into one room is delivered in the order of the calls."""

    def __init__(
        self,
        rooms: RoomPushes,
        policies: Policies,
        clock: Clock,
        entropy: Entropy,
        meter: Meter,
        settings: PushSettings,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._rooms = rooms
        self._policies = policies
        self._clock = clock
        self._entropy = entropy
        self._meter = meter
        self._traces = traces
        self._max_speakers = settings.max_speakers
        self.seen: Seen[PushId] = Seen(settings.remember_s, settings.remember_published)
        """By room, sender and `client_id`; a successor of this process is given it."""
        # In the order of speaking: the first is the one silent longest.
        self._speakers: Newest[tuple[RoomId, UserId], _Speaker] = Newest()

    def apply(self, settings: PushSettings) -> None:
        """From the next message on; the rooms' rules are the policies' (`Policies.apply`)."""
        self._max_speakers = settings.max_speakers
        self.seen.apply(settings.remember_s, settings.remember_published)

    def dump(self) -> SlowModes:
        """Who may not speak yet in a room of slow mode, for another process on this machine."""
        now = self._clock.now()
        return tuple(
            (room, user, speaker.may_at)
            for (room, user), speaker in self._speakers.items()
            if speaker.may_at > now
        )

    def load(self, slow: SlowModes) -> None:
        """What another process knew. Paces begin anew: a burst is soon full anyway."""
        now = self._clock.now()
        for room, user, may_at in slow[-self._max_speakers :]:
            speaker = self._speakers[room, user] = _Speaker(self._policies.of(room), now)
            speaker.may_at = may_at

    @property
    def speakers(self) -> int:
        """People whose pace is remembered, counted once for each room."""
        return len(self._speakers)

    @property
    def remembered(self) -> int:
        """Messages that would be known again by their `client_id`."""
        return len(self.seen)

    async def publish(
        self,
        sender: UserId,
        room: RoomId,
        body: str,
        client_id: str,
        priority: Priority,
        *,
        admin: bool = False,
    ) -> Published:
        """Say `body` to everybody in `room`, the sender included. `admin`: the sender is one.

        Raises Forbidden where members may not speak, or not with this priority, TooLarge,
        BadRequest for the `client_id`, RateLimited or SlowMode for a sender who is too fast,
        RoomTooBusy when the room is: nothing was said then, and the same `client_id` may be tried
        again.
        """
        policy = self._policies.of(room)
        try:
            if priority is Priority.HIGH and policy.high_admins_only and not admin:
                raise Forbidden("High priority is for administrators in this room.")
            return await self._publish(policy, sender, room, body, client_id, priority)
        except ParlorError as refusal:
            self._meter.count(
                "room_publishes_refused_total", code=refusal.code, priority=priority.value
            )
            raise

    async def _publish(
        self,
        policy: RoomPolicy,
        sender: UserId,
        room: RoomId,
        body: str,
        client_id: str,
        priority: Priority,
    ) -> Published:
        if not policy.publish:
            raise Forbidden("Members may not speak in this room.")
        text = _encoded(body)
        if len(text) > policy.publish_bytes:
            raise TooLarge(f"A message in this room has at most {policy.publish_bytes} bytes.")
        name = (f"{room}\n{sender}", check_client_id(client_id))
        now = self._clock.now()
        push_id = PushId(self._entropy.token_bytes(12).hex())
        first = self.seen.first(name, push_id, now)
        if first is not None:
            return Published(first, repeated=True)
        delivery = Delivery.MUST_ARRIVE if policy.must_arrive else Delivery.LOSSY
        said = False
        try:
            speaker = self._take_turn(policy, room, sender, now)
            may_at, speaker.may_at = speaker.may_at, now + policy.slow_mode_s
            try:
                push = Push(push_id, text, delivery=delivery, sender=sender, priority=priority)
                self._traces.begin(push, ToRoom(room), f"user {sender}", None)
                await self._rooms.put(room, push, priority=priority)
                self._traces.handed(push_id)
            except ParlorError:
                # Refused by the room: that is not the sender's turn gone.
                speaker.may_at = may_at
                speaker.pace.put_back()
                raise
            said = True
        finally:
            if not said:
                self._traces.forget(push_id)
                self.seen.forget(name)
        self._meter.count("room_publishes_total", priority=priority.value)
        return Published(push_id, repeated=False)

    def _take_turn(self, policy: RoomPolicy, room: RoomId, sender: UserId, now: float) -> _Speaker:
        key = (room, sender)
        speaker = self._speakers.get(key) or _Speaker(policy, now)
        speaker.pace.change(policy.user_rate, policy.user_burst)
        self._speakers.put(key, speaker)
        self._speakers.trim(self._max_speakers)
        if now < speaker.may_at:
            raise SlowMode(retry_after_s=speaker.may_at - now)
        wait_s = speaker.pace.take_nowait(now)
        if wait_s:
            raise RateLimited("You speak too fast in this room.", retry_after_s=wait_s)
        return speaker


def _encoded(body: str) -> bytes:
    # What JSON may say as \ud800 is no text; the receivers' frames could not carry it.
    return body.encode("utf-8", "replace")
