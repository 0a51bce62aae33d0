"""One timer for all connections: hello time-outs, heartbeats, stalled readers.

A hashed wheel. An entry sits in the slot of its tick and remembers that tick itself, so that
scheduling and cancelling are O(1) and cost no object. Traffic never moves an entry: when its
time comes, `on_time` looks at what happened since and says when to look again.
"""

from __future__ import annotations

from typing import Protocol

NOT_SCHEDULED = -1


class Timed(Protocol):
    """Something with one appointment at a time."""

    timer_tick: int
    """Belongs to the wheel; starts as NOT_SCHEDULED."""

    def on_time(self, now: float) -> float | None:
        """Do what is due, and say when to be asked again; None: not any more."""


class TimerWheel:
    """Entries fire up to one `tick_s` late, never early. `now` is monotonic seconds."""

    __slots__ = ("_done", "_slots", "now", "tick_s")

    def __init__(self, now: float, tick_s: float = 0.25) -> None:
        self.now = now
        """When `advance` was last called: a clock that costs nothing, good to one tick."""
        self.tick_s = tick_s
        self._done = int(now / tick_s)
        self._slots: dict[int, set[Timed]] = {}

    def schedule(self, entry: Timed, at: float) -> None:
        """Make or move the appointment of `entry`. A time that has passed means the next tick."""
        tick = max(int(at / self.tick_s) + 1, self._done + 1)
        if entry.timer_tick == tick:
            return
        if entry.timer_tick != NOT_SCHEDULED:
            self.cancel(entry)
        entry.timer_tick = tick
        slot = self._slots.get(tick)
        if slot is None:
            self._slots[tick] = {entry}
        else:
            slot.add(entry)

    def cancel(self, entry: Timed) -> None:
        """Harmless when nothing is scheduled."""
        slot = self._slots.get(entry.timer_tick)
        entry.timer_tick = NOT_SCHEDULED
        if slot is not None:
            slot.discard(entry)

    def advance(self, now: float) -> int:
        """Ask every entry whose time has come; returns how many. A clock that steps back does
        nothing. An entry that raises loses its appointment and stops the round: it may not."""
        if now < self.now:
            return 0
        self.now = now
        target = int(now / self.tick_s)
        asked = 0
        while self._done < target:
            self._done += 1
            if not self._slots:
                self._done = target
                break
            slot = self._slots.pop(self._done, None)
            while slot:
                entry = slot.pop()
                if entry.timer_tick != self._done:
                    continue
                entry.timer_tick = NOT_SCHEDULED
                asked += 1
                again = entry.on_time(now)
                if again is not None:
                    self.schedule(entry, again)
        return asked

    def __len__(self) -> int:
        return sum(len(slot) for slot in self._slots.values())
