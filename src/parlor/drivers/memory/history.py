"""The last messages of rooms in the memory of this process: gone with it, bounded by bytes.

One number bounds all rooms together. When it is passed, the room that has been silent longest
loses its messages, but keeps its count; with too many rooms the same one is forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

import msgspec

from parlor.model.ids import RoomId
from parlor.model.newest import Newest
from parlor.model.push import Push
from parlor.model.room import Position
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.history import Keep, Tail

PUSH_BYTES = 300
"""What a kept push costs beside its body: the object, its id and its place in the queue."""


class KeptRoom(msgspec.Struct, frozen=True, array_like=True):
    """One room as it is handed to another process; `kept` are times and messages, in order."""

    room: RoomId
    epoch: str
    last: int
    seconds: float
    kept: tuple[tuple[float, Push], ...]


class KeptRooms(msgspec.Struct, frozen=True, array_like=True):
    """All of it, in the order of the last append. Times are the machine's monotonic ones."""

    token: str
    forgotten: int
    rooms: tuple[KeptRoom, ...]


class _Room:
    __slots__ = ("bytes", "epoch", "kept", "last", "seconds")

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.last = 0
        self.kept: deque[tuple[float, Push]] = deque()
        self.bytes = 0
        self.seconds = 0.0


class MemoryHistory:
    """At most `max_bytes` of messages and `max_rooms` rooms. No timer: what is too old goes when
    anything is appended or its own room is read."""

    def __init__(
        self,
        clock: Clock,
        entropy: Entropy,
        *,
        max_bytes: int = 67_108_864,
        max_rooms: int = 10_000,
    ) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_rooms = max_rooms
        self._token = entropy.token_bytes(6).hex()
        self._forgotten = 0
        # Both in the order of the last append: the first is the one silent longest.
        self._rooms: Newest[RoomId, _Room] = Newest()
        self._with_messages: Newest[RoomId, _Room] = Newest()
        self.bytes = 0
        """What is kept now, over all rooms."""
        self.evicted = 0
        """Messages lost to `max_bytes` or `max_rooms`, not to their own room's limits."""

    @property
    def rooms(self) -> int:
        return len(self._rooms)

    async def append(self, room: RoomId, pushes: Sequence[Push], keep: Keep) -> Position:
        now = self._clock.now()
        state = self._rooms.get(room) or _Room(self._epoch)
        self._rooms.put(room, state)
        self._with_messages.put(room, state)
        state.seconds = keep.seconds
        for push in pushes:
            state.last += 1
            state.kept.append((now, msgspec.structs.replace(push, offset=state.last)))
            self._weigh(state, PUSH_BYTES + len(push.body))
        self._trim(room, state, keep, now)
        self._drop_old(now)
        self._fit()
        return Position(state.epoch, state.last)

    async def since(self, room: RoomId, position: Position | None, keep: Keep) -> Tail:
        state = self._rooms.get(room)
        if state is None:
            # Nothing was said in it as long as nothing was forgotten since.
            here = Position(self._epoch, 0)
            is_here = position is not None and (position.epoch, position.offset) == (here.epoch, 0)
            return Tail(here, (), is_here)
        self._trim(room, state, keep, self._clock.now())
        here = Position(state.epoch, state.last)
        before_first = state.last - len(state.kept)
        recovered = (
            position is not None
            and position.epoch == state.epoch
            and before_first <= position.offset <= state.last
        )
        skip = position.offset - before_first if recovered and position is not None else 0
        return Tail(here, tuple(push for _, push in islice(state.kept, skip, None)), recovered)

    def apply(self, max_bytes: int) -> None:
        """Another bound for all rooms together, at once."""
        self._max_bytes = max_bytes
        self._fit()

    def dump(self) -> KeptRooms:
        """Everything, for another process on this machine; nothing may be appended afterwards."""
        rooms = tuple(
            KeptRoom(room, state.epoch, state.last, state.seconds, tuple(state.kept))
            for room, state in self._rooms.items()
        )
        return KeptRooms(self._token, self._forgotten, rooms)

    def load(self, dumped: KeptRooms) -> None:
        """Go on where another process stopped, within the limits of this one.

        Before anything is appended or read here. The epochs are the other's: positions that
        clients have stay good.
        """
        self._token, self._forgotten = dumped.token, dumped.forgotten
        for one in dumped.rooms:
            state = self._rooms[one.room] = _Room(one.epoch)
            state.last, state.seconds = one.last, one.seconds
            state.kept.extend(one.kept)
            self._weigh(state, sum(PUSH_BYTES + len(push.body) for _, push in one.kept))
            if one.kept:
                self._with_messages[one.room] = state
        self._fit()

    @property
    def _epoch(self) -> str:
        # A room that is made anew, and one that was never there, are of the epoch in which
        # nothing has been forgotten since: nobody can confuse them with one that was.
        return f"{self._token}.{self._forgotten}"

    def _trim(self, room: RoomId, state: _Room, keep: Keep, now: float) -> None:
        kept = state.kept
        while kept and (
            (keep.count and len(kept) > keep.count)
            or (keep.seconds and now - kept[0][0] >= keep.seconds)
            or state.bytes > keep.max_bytes
        ):
            self._drop_first(state)
        if not kept:
            self._with_messages.pop(room, None)

    def _drop_old(self, now: float) -> None:
        while self._with_messages:
            room, state = self._with_messages.oldest()
            if not state.seconds or now - state.kept[-1][0] < state.seconds:
                return
            self._empty(room, state)

    def _fit(self) -> None:
        while self.bytes > self._max_bytes:
            room, state = self._with_messages.oldest()
            self.evicted += len(state.kept)
            self._empty(room, state)
        while len(self._rooms) > self._max_rooms:
            room, state = self._rooms.popitem(last=False)
            self.evicted += len(state.kept)
            self._empty(room, state)
            self._forgotten += 1

    def _empty(self, room: RoomId, state: _Room) -> None:
        self._weigh(state, -state.bytes)
        state.kept.clear()
        self._with_messages.pop(room, None)

    def _drop_first(self, state: _Room) -> None:
        _, push = state.kept.popleft()
        self._weigh(state, -(PUSH_BYTES + len(push.body)))

    def _weigh(self, state: _Room, change: int) -> None:
        state.bytes += change
        self.bytes += change
