"""The numbers of one subscription: continuous, whatever layer it gets and however often it pauses.

A *run* is a part of the output that comes from one layer without a pause. Within it sequence
numbers and timestamps are the layer's, less an offset: what the layer lost is missing in the output
too, until it comes late or is sent again. The next run begins with the number after the last one.
So no receiver is touched by a packet but in its run, and a number that a receiver asks for leads
back to the packet it was.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

from parlor.wire.webrtc.sequence import TIMESTAMP_BITS, distance

MAX_RUNS = 8
"""Remembered for retransmissions. A receiver that changes more often than that in 1.5 s is told
to ask for a key frame by getting nothing."""

_TIMESTAMPS = (1 << TIMESTAMP_BITS) - 1


class Source(Protocol):
    """A layer, as far as its numbers go."""

    highest: int
    """The newest long sequence number; only ever goes up."""
    timestamp: int
    """That packet's."""


class Run(NamedTuple):
    source: Source
    first: int
    """The layer's number of its first packet: earlier ones are not of this run."""
    first_out: int
    seq_offset: int
    """Less this, a number of the layer is one of the output."""
    time_offset: int
    """The same for timestamps, modulo 32 bits."""
    picture_offset: int = 0
    tl0_offset: int = 0


class Numbering:
    """Made with the number that the first packet gets; long numbers everywhere but in `find`."""

    __slots__ = ("_last_time", "_next_out", "_runs", "current")

    def __init__(self, first_out: int) -> None:
        self._next_out = first_out
        self._last_time: int | None = None
        self._runs: deque[Run] = deque(maxlen=MAX_RUNS)
        self.current: Run | None = None
        """None during a pause."""

    @property
    def last(self) -> Run | None:
        """The newest run, also when it has ended."""
        return self._runs[-1] if self._runs else None

    @property
    def next_out(self) -> int:
        """The number after the newest that was given out."""
        run = self.current
        return self._next_out if run is None else run.source.highest - run.seq_offset + 1

    @property
    def last_time(self) -> int | None:
        """The newest timestamp that was given out."""
        run = self.current
        if run is None:
            return self._last_time
        return run.source.timestamp - run.time_offset & _TIMESTAMPS

    def end(self) -> None:
        """Pause. The layer's `highest` must still be the newest packet that was sent."""
        if self.current is not None:
            self._next_out, self._last_time = self.next_out, self.last_time
            self.current = None

    def begin(
        self,
        source: Source,
        first: int,
        timestamp: int,
        time_offset: int,
        picture_offset: int = 0,
        tl0_offset: int = 0,
    ) -> Run:
        """A new run, from the packet `first` of `source` with that timestamp on.

        Ends the one before. `time_offset` is where the layer's clock should come to lie; when that
        is not after what was sent already, it comes to lie one tick after it.
        """
        self.end()
        last = self._last_time
        if last is not None and distance(timestamp - time_offset, last, TIMESTAMP_BITS) <= 0:
            time_offset = timestamp - last - 1
        run = Run(
            source,
            first,
            self._next_out,
            first - self._next_out,
            time_offset & _TIMESTAMPS,
            picture_offset,
            tl0_offset,
        )
        self._runs.append(run)
        self.current = run
        return run

    def find(self, seq: int) -> tuple[Run, int] | None:
        """The run of a short output number and the layer's number behind it.

        None for one that was not given out, or too long ago. Whether such a packet was ever sent
        is not known: it may be one that the layer lost.
        """
        newest = self.next_out - 1
        out = newest + distance(seq, newest & 0xFFFF)
        if out > newest:
            return None
        for run in reversed(self._runs):
            if out >= run.first_out:
                return run, out + run.seq_offset
        return None
