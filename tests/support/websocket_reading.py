"""What a FrameReader makes of some segments: its events, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable

from parlor.model.errors import WireError
from parlor.wire.websocket import Event, FrameReader, ReaderLimits


def outcome(
    segments: Iterable[bytes], limits: ReaderLimits | None = None
) -> tuple[list[Event], int | None]:
    """(events, close code of the fault or None) of a new reader."""
    return go_on(FrameReader(limits or ReaderLimits()), segments)


def go_on(reader: FrameReader, segments: Iterable[bytes]) -> tuple[list[Event], int | None]:
    events: list[Event] = []
    try:
        for segment in segments:
            events.extend(reader.feed(segment))  # keeps what came before a fault
    except WireError as fault:
        return events, fault.close
    return events, None


Outcome = tuple[list[Event], int | None]


def alike(one: Outcome, other: Outcome) -> bool:
    """The same but for one thing: where compressed data turn bad right behind the limit, zlib may
    look one symbol further than it has room for, and then the fault is the data's."""
    return one[0] == other[0] and (one[1] == other[1] or {one[1], other[1]} == {1007, 1009})


def bytewise(data: bytes) -> list[bytes]:
    return [data[n : n + 1] for n in range(len(data))]
