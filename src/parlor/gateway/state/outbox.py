"""What waits for one reader: bounded, in order, joined into one write.

Owns the queue and its overflow policy, not the socket: `gateway.stream` takes what waits once
per turn of the loop. A quiet outbox is one object; a queue exists only while two frames wait.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Protocol

import msgspec

from parlor.model.push import Delivery


class Told(Protocol):
    """Whoever wants to know what became of a frame at its readers (`model.trace.Leg`)."""

    def on_missed(self) -> None:
        """It was dropped for a slow reader."""

    def on_slow(self) -> None:
        """It had to arrive and found no place: the reader is closed."""

    def on_lost(self) -> None:
        """The reader was gone before it was written."""


class Frame:
    """Bytes ready for the socket, shared by every outbox they are put into.

    `messages` is how many pushes the bytes carry: that many are missed when a lossy frame is
    dropped. What is not lossy must arrive. `legs` hear of those readers that do not get it.
    """

    __slots__ = ("data", "legs", "lossy", "messages", "size")

    def __init__(self, data: bytes, delivery: Delivery, messages: int = 1) -> None:
        self.data = data
        self.size = len(data)
        self.lossy = delivery is Delivery.LOSSY
        self.messages = messages
        self.legs: tuple[Told, ...] = ()


class OutboxLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much may wait for one reader, beyond what the kernel and the transport hold."""

    max_frames: int = 256
    max_bytes: int = 1_048_576


class Put(Enum):
    """What the caller of `put` has to do now."""

    WAKE = "wake"
    """It was empty: see to it that it is taken in this turn of the loop."""
    QUEUED = "queued"
    """Nothing: somebody was woken already."""
    FULL = "full"
    """More waits than may. Take it now if the reader can have it, then `shed`."""


_WAKE: Final = Put.WAKE
_QUEUED: Final = Put.QUEUED
_FULL: Final = Put.FULL


class Outbox:
    """The frames in front of one reader.

    A single frame that is alone is always taken, however large: the limits bound what piles up.
    """

    __slots__ = ("_bytes", "limits", "missed", "waiting")

    def __init__(self, limits: OutboxLimits) -> None:
        self.limits = limits
        self.missed = 0
        """Lossy messages dropped since this was last told to the reader and set to 0."""
        self.waiting: Frame | list[Frame] | None = None
        """Read it to know whether anything waits (not None): a call would cost more."""
        self._bytes = 0

    def put(self, frame: Frame) -> Put:
        """Append `frame`, whatever waits already; the answer says what to do next."""
        waiting = self.waiting
        if waiting is None:
            self.waiting = frame
            self._bytes = frame.size
            return _WAKE
        if not isinstance(waiting, list):
            self.waiting = waiting = [waiting]
        waiting.append(frame)
        self._bytes += frame.size
        if len(waiting) > self.limits.max_frames or self._bytes > self.limits.max_bytes:
            return _FULL
        return _QUEUED

    def take(self) -> bytes:
        """Everything that waits, in order, as one piece; b"" when nothing does."""
        waiting = self.waiting
        if waiting is None:
            return b""
        self.waiting = None
        self._bytes = 0
        if isinstance(waiting, list):
            return b"".join([frame.data for frame in waiting])
        return waiting.data

    def shed(self) -> bool:
        """Get back within the limits by dropping lossy frames, the oldest first.

        False when that is not enough: something that must arrive has no place. The newest frame
        is not kept then, and the reader has to be closed.
        """
        waiting = self.waiting
        if not isinstance(waiting, list):
            return True
        limits = self.limits
        kept: list[Frame] = []
        for index, frame in enumerate(waiting):
            count = len(kept) + len(waiting) - index
            if count == 1 or (count <= limits.max_frames and self._bytes <= limits.max_bytes):
                kept += waiting[index:]
                break
            if frame.lossy:
                self._bytes -= frame.size
                self.missed += frame.messages
                for leg in frame.legs:
                    leg.on_missed()
            else:
                kept.append(frame)
        self.waiting = kept
        if len(kept) <= limits.max_frames and self._bytes <= limits.max_bytes:
            return True
        if len(kept) == 1:
            return True
        newest = kept.pop()
        self._bytes -= newest.size
        for leg in newest.legs:
            leg.on_slow()
        return False

    def clear(self) -> None:
        """Forget what waits and what was missed; the reader is gone."""
        waiting = self.waiting
        if waiting is not None:
            for frame in waiting if isinstance(waiting, list) else [waiting]:
                for leg in frame.legs:
                    leg.on_lost()
        self.waiting = None
        self._bytes = 0
        self.missed = 0

    def __len__(self) -> int:
        waiting = self.waiting
        if waiting is None:
            return 0
        return len(waiting) if isinstance(waiting, list) else 1

    @property
    def waiting_bytes(self) -> int:
        return self._bytes
