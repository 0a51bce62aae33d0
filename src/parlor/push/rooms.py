"""Pushes to rooms: paced per room, joined under load, then routed.

Owns one small record per room that was pushed to lately. Knows no members: the window grows with
the number online that presence reports.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from typing import Final, Protocol

from parlor.model.errors import RoomTooBusy
from parlor.model.ids import RoomId
from parlor.model.push import Envelope, Push, ToRoom
from parlor.model.room import Priority
from parlor.ports.clock import Clock
from parlor.ports.presence import Presence
from parlor.push.coalesce import Coalescer
from parlor.push.pace import Pace
from parlor.push.policies import Policies, RoomPolicy
from parlor.push.settings import PushSettings

FORGET_EACH_S = 60.0
KEPT_FREE: Final = {Priority.HIGH: 0.0, Priority.NORMAL: 0.2, Priority.LOW: 0.5}
"""The part of a room's burst that a message leaves to more important ones. A room over its rate
has little to spare: it refuses low messages first, then normal ones, high ones last."""


class Publisher(Protocol):
    """`push.replay.Replay`, or a `Route` where no room keeps anything."""

    async def publish(self, envelope: Envelope) -> None: ...


class _Room:
    __slots__ = ("coalescer", "pace")

    def __init__(self, settings: PushSettings, policy: RoomPolicy, now: float) -> None:
        self.coalescer = Coalescer(settings.room_batch, 0.0, FORGET_EACH_S, first_at_once=True)
        self.pace = Pace(*_pace(settings, policy), now)


def _pace(settings: PushSettings, policy: RoomPolicy) -> tuple[float, int]:
    return policy.rate or settings.room_rate, policy.burst or settings.room_burst


class RoomPushes:
    """`run` must be running for messages that wait to leave."""

    def __init__(
        self,
        route: Publisher,
        presence: Presence,
        clock: Clock,
        settings: PushSettings,
        policies: Policies | None = None,
    ) -> None:
        self._route = route
        self._policies = policies or Policies(settings.rooms)
        self._presence = presence
        self._clock = clock
        self._settings = settings
        self._rooms: dict[RoomId, _Room] = {}
        self._due: list[tuple[float, RoomId]] = []
        self._changed = asyncio.Event()
        self._forget_at = clock.now() + FORGET_EACH_S

    async def put(
        self, room: RoomId, push: Push, *, priority: Priority = Priority.HIGH, rate: int = 0
    ) -> None:
        """Send now or with the next ones; returns when the bus has it or it is in line.

        `rate`, in deliveries a second, sends it alone, after all that waits.
        Raises RoomTooBusy, and then nothing of it is sent.
        """
        await self.put_each((room,), push, priority=priority, rate=rate)

    async def put_each(
        self,
        rooms: Iterable[RoomId],
        push: Push,
        *,
        priority: Priority = Priority.HIGH,
        rate: int = 0,
    ) -> None:
        """`put` into different rooms: all of them, or RoomTooBusy and none."""
        now = self._clock.now()
        states = {room: self._state(room, now) for room in rooms}
        wait_s = 0.0
        for state in states.values():
            pace = state.pace
            leaving = pace.burst * KEPT_FREE[priority]
            wait_s = max(wait_s, pace.wait_s(now, leaving=leaving))
        if wait_s:
            raise RoomTooBusy(retry_after_s=wait_s)
        for state in states.values():
            state.pace.take_nowait(now)
        for room, state in states.items():
            if rate:
                waiting = state.coalescer.take(now)
                if waiting:
                    await self._route.publish(Envelope(ToRoom(room), waiting))
                await self._route.publish(Envelope(ToRoom(room, rate), (push,)))
            else:
                await self._join_line(room, state, push, now)

    def _state(self, room: RoomId, now: float) -> _Room:
        state = self._rooms.get(room)
        if state is None:
            state = _Room(self._settings, self._policies.of(room), now)
            self._rooms[room] = state
        return state

    async def _join_line(self, room: RoomId, state: _Room, push: Push, now: float) -> None:
        coalescer = state.coalescer
        members = self._presence.in_room(room)
        coalescer.window_s = min(
            self._settings.room_window_s, members * self._settings.room_window_per_member_s
        )
        was_due_at = coalescer.due_at
        leaving = coalescer.add(now, push)
        if leaving:
            await self._route.publish(Envelope(ToRoom(room), leaving))
        elif coalescer.due_at is not None and was_due_at is None:
            heapq.heappush(self._due, (coalescer.due_at, room))
            self._changed.set()

    def apply(self, settings: PushSettings) -> None:
        """From the next message on, after `Policies.apply`; no room gets a new burst."""
        self._settings = settings
        for room, state in self._rooms.items():
            state.pace.change(*_pace(settings, self._policies.of(room)))

    @property
    def known_rooms(self) -> int:
        """Rooms that were pushed to lately."""
        return len(self._rooms)

    async def run(self) -> None:
        """Send what has waited long enough, until cancelled; then what still waits is sent."""
        try:
            while True:
                await self.send_due()
                self._changed.clear()
                wait_s = self._due[0][0] - self._clock.now() if self._due else FORGET_EACH_S
                try:
                    async with asyncio.timeout(max(0.0, wait_s)):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Send all that waits, now."""
        for room, state in tuple(self._rooms.items()):
            leaving = state.coalescer.take(self._clock.now())
            if leaving:
                await self._route.publish(Envelope(ToRoom(room), leaving))

    async def send_due(self) -> None:
        """One round of `run`."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            _, room = heapq.heappop(self._due)
            state = self._rooms.get(room)
            leaving = state.coalescer.due(now) if state else ()
            if leaving:
                await self._route.publish(Envelope(ToRoom(room), leaving))
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EACH_S
            for room in [room for room, state in self._rooms.items() if _is_idle(state, now)]:
                del self._rooms[room]


def _is_idle(state: _Room, now: float) -> bool:
    return state.coalescer.is_idle(now) and state.pace.is_full(now)
