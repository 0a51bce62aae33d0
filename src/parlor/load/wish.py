"""What one process of a crowd is asked to do, and what it answers: one JSON line each way."""

from __future__ import annotations

import msgspec

from parlor.load.histogram import Histogram
from parlor.load.target import Target
from parlor.load.tokens import Tokens

MAX_CONNECTIONS = 18_000
"""In one process: a machine may allow a process 20,000 descriptors."""
MAX_REASONS = 16
SLOW_READ_BYTES = 512


class Wish(msgspec.Struct, frozen=True):
    """The connections numbered `first` to `first + count`, opened `per_s` a second (0: as fast as
    they are let in).

    `rooms` > 1: connection n is in `room-(n % rooms)`, otherwise in `room`; "" is none.
    `slow_each_s` > 0 makes them slow readers: `SLOW_READ_BYTES` every so many seconds.
    `come_back`: who is sent away or cut off comes back, when and as the server wishes.
    """

    target: Target
    count: int
    first: int = 0
    tokens: Tokens = Tokens()
    room: str = ""
    rooms: int = 1
    per_s: float = 0.0
    slow_each_s: float = 0.0
    come_back: bool = False

    def rooms_of(self, number: int) -> tuple[str, ...]:
        if not self.room:
            return ()
        return (room_name(self.room, self.rooms, number),)


def room_name(room: str, rooms: int, number: int) -> str:
    return f"{room}-{number % rooms}" if rooms > 1 else room


class Ask(msgspec.Struct, frozen=True, omit_defaults=True):
    """`seen`: counters only. `report`: counters and what was measured since the last report.
    `beat`: heartbeats, `per_s` in all. `churn`: so many a second leave and are replaced. `drop`:
    all leave at once and come back. `hurry`: slow readers are slow no more. `members`:
    how many are in each room."""

    do: str
    per_s: float = 0.0


class Seen(msgspec.Struct):
    """`open` are let in now; `entered` were, over all time; `refused` never, each once, by reason.
    `failed` are attempts of those who try again. `closed` ended against our will, `left` because
    we wanted it. `messages`, `bytes` and `missed` count since the last report. `first_closed_ns`
    is when the first one was sent away or cut off, `last_entered_ns` when the last was let in."""

    open: int = 0
    entered: int = 0
    refused: dict[str, int] = {}
    failed: dict[str, int] = {}
    closed: int = 0
    closings: dict[str, int] = {}
    left: int = 0
    waiting: int = 0
    messages: int = 0
    bytes: int = 0
    missed: int = 0
    first_closed_ns: int = 0
    last_entered_ns: int = 0

    @property
    def refusals(self) -> int:
        return sum(self.refused.values())


class Report(Seen):
    """`latencies` of every tenth connection, `entering` from the first packet to the greeting's
    answer. `turns` is how long the loop was away from its connections, `cpu` the share of a core
    that the process used, both since the last report."""

    latencies: Histogram = msgspec.field(default_factory=Histogram)
    entering: Histogram = msgspec.field(default_factory=Histogram)
    turns: Histogram = msgspec.field(default_factory=Histogram)
    cpu: float = 0.0


def count_reason(reasons: dict[str, int], reason: str, times: int = 1) -> None:
    """So many more of them; what is new after `MAX_REASONS` kinds is `other`."""
    if reason not in reasons and len(reasons) >= MAX_REASONS:
        reason = "other"
    reasons[reason] = reasons.get(reason, 0) + times
