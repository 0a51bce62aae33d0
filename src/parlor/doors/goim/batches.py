"""goim's joining of pushes to one room: `batch` at once, or what waits after `signal_s`.

The rule is `push.coalesce`'s, with the first push waiting as well (goim §2.10; goim drops when its
channel is full, here nothing is dropped). A batch of 1 is the low-latency mode: every push leaves
at once. A room in which nothing waits costs nothing, so goim's forgetting of idle rooms has no
counterpart. Called by `routes` and `relay`.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from parlor.doors.goim.routes import Publisher
from parlor.model.errors import ParlorError
from parlor.model.ids import RoomId
from parlor.model.push import Envelope, Push, ToRoom
from parlor.ports.clock import Clock
from parlor.push.coalesce import Coalescer

log = structlog.get_logger()


class _Room:
    """What waits in one room. The lock keeps its batches in order, `leaving` counts those that
    wait for it or are being published."""

    __slots__ = ("coalescer", "leaving", "lock", "timer")

    def __init__(self, batch: int, signal_s: float) -> None:
        self.coalescer = Coalescer(batch, signal_s, idle_s=0.0)
        self.lock = asyncio.Lock()
        self.leaving = 0
        self.timer: asyncio.TimerHandle | None = None


class RoomBatches:
    """At most `batch` - 1 pushes wait for each room, beside those whose callers wait too."""

    def __init__(self, route: Publisher, clock: Clock, batch: int, signal_s: float) -> None:
        self._route = route
        self._clock = clock
        self._batch = batch
        self._signal_s = signal_s
        self._rooms: dict[RoomId, _Room] = {}
        self._flushes: set[asyncio.Task[None]] = set()

    async def push(self, room: RoomId, push: Push) -> None:
        """Take `push`; return once it waits for others or, when it filled the batch, once the
        batch was published. Raises what `publish` raises; then the whole batch was not taken."""
        state = self._rooms.get(room)
        if state is None:
            state = self._rooms[room] = _Room(self._batch, self._signal_s)
        leaving = state.coalescer.add(self._clock.now(), push)
        if leaving:
            await self._publish(room, state, leaving)
        else:
            self._set_timer(room, state)

    @property
    def waiting_rooms(self) -> int:
        """Rooms with pushes that wait."""
        return len(self._rooms)

    async def flush_all(self) -> None:
        """Publish everything that waits: before the door closes."""
        for room, state in tuple(self._rooms.items()):
            leaving = state.coalescer.due(float("inf"))
            with contextlib.suppress(ParlorError):  # logged where it was refused
                await self._publish(room, state, leaving)
        await asyncio.gather(*self._flushes)

    def _set_timer(self, room: RoomId, state: _Room) -> None:
        due_at = state.coalescer.due_at
        if state.timer is None and due_at is not None:
            wait_s = max(0.0, due_at - self._clock.now())
            loop = asyncio.get_running_loop()
            state.timer = loop.call_later(wait_s, self._on_signal, room, state)

    def _on_signal(self, room: RoomId, state: _Room) -> None:
        state.timer = None
        flush = asyncio.get_running_loop().create_task(self._flush_due(room, state))
        self._flushes.add(flush)
        flush.add_done_callback(self._flushes.discard)

    async def _flush_due(self, room: RoomId, state: _Room) -> None:
        # Taken only here, with no await before the lock is asked for: a batch that fills up
        # before this task runs takes these pushes along, in order.
        leaving = state.coalescer.due(self._clock.now())
        if not leaving:
            # The loop's timers may fire a little early.
            self._set_timer(room, state)
            return
        with contextlib.suppress(ParlorError):  # logged where it was refused
            await self._publish(room, state, leaving)

    async def _publish(self, room: RoomId, state: _Room, pushes: tuple[Push, ...]) -> None:
        if state.timer is not None:
            state.timer.cancel()
            state.timer = None
        state.leaving += 1
        try:
            async with state.lock:
                await self._route.publish(Envelope(ToRoom(room), pushes))
        except ParlorError as refused:
            # Most of these pushes were accepted before; only the log can still tell.
            log.error("goim_batch_refused", pushes=len(pushes), code=refused.code)
            raise
        finally:
            state.leaving -= 1
            if not state.leaving and state.coalescer.due_at is None:
                del self._rooms[room]
