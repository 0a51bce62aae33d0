"""What clients were told and have seen, compared with what the server has in the end.

Pure. The promises: what was acknowledged is stored exactly once, where the acknowledgement said;
`seq` is dense; every device has the same events in the same places; a read position never moves
back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from parlor.model.event import Event, EventKind

Log = Sequence[Event]


@dataclass(frozen=True)
class Acknowledged:
    """The server said: stored, as `seq` of `conversation`."""

    conversation: str
    sender: str
    client_id: str
    seq: int
    text: str = ""


@dataclass
class History:
    """`stored` are the logs that the server has in the end, `devices` those that each device has
    made for itself, in the order in which it took the events. `reads` are the positions that one
    device was told of, in that order, by (device, conversation)."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    stored: dict[str, Log] = field(default_factory=dict)
    devices: dict[str, Mapping[str, Log]] = field(default_factory=dict)
    reads: dict[tuple[str, str], list[int]] = field(default_factory=dict)


def faults(history: History) -> list[str]:
    """A line for each promise that was broken; empty when all were kept."""
    return [
        *_broken_logs(history),
        *_broken_acknowledgements(history),
        *_broken_devices(history),
        *_moved_back(history),
    ]


def _broken_logs(history: History) -> Iterator[str]:
    for conversation, log in history.stored.items():
        seqs = [event.seq for event in log]
        if seqs != list(range(1, len(seqs) + 1)):
            missing = sorted(set(range(1, max(seqs, default=0) + 1)) - set(seqs))
            yield f"{conversation}: not dense: missing {missing}, {len(seqs)} events in all"
        for (sender, client_id), times in Counter(
            (event.sender, event.client_id) for event in log if event.client_id
        ).items():
            if times > 1:
                yield f"{conversation}: {client_id} of {sender} is stored {times} times"


def _broken_acknowledgements(history: History) -> Iterator[str]:
    places: dict[tuple[str, str, str], Event] = {}
    taken_back = {one: _taken_back(log) for one, log in history.stored.items()}
    for conversation, log in history.stored.items():
        for event in log:
            places.setdefault((conversation, event.sender, event.client_id), event)
    for said in history.acknowledged:
        stored = places.get((said.conversation, said.sender, said.client_id))
        name = f"{said.conversation}: {said.client_id} of {said.sender}"
        if stored is None:
            yield f"{name} was acknowledged as {said.seq} and is lost"
        elif stored.seq != said.seq:
            yield f"{name} was acknowledged as {said.seq} and is {stored.seq}"
        elif stored.text != said.text and stored.seq not in taken_back[said.conversation]:
            yield f"{name} says something else than what was sent"


def _broken_devices(history: History) -> Iterator[str]:
    for device, logs in history.devices.items():
        for conversation, log in logs.items():
            name = f"{device} in {conversation}"
            seqs = [event.seq for event in log]
            if len(set(seqs)) != len(seqs):
                yield f"{name}: the same event was taken twice"
            if seqs != sorted(seqs):
                yield f"{name}: events were taken out of order"
            stored = {event.seq: event for event in history.stored.get(conversation, ())}
            taken_back = _taken_back(history.stored.get(conversation, ()))
            missing = sorted(stored.keys() - set(seqs))
            if missing:
                yield f"{name}: never got {missing}"
            for event in log:
                here = stored.get(event.seq)
                if here is None or not _same(here, event, taken_back):
                    yield f"{name}: has another event at {event.seq} than the server"


def _taken_back(log: Log) -> set[int]:
    """The messages that say nothing any more, because somebody has recalled them."""
    return {event.target for event in log if event.kind is EventKind.RECALL}


def _same(stored: Event, taken: Event, taken_back: set[int]) -> bool:
    """A client may have other classes of the same shape for what came over its codec."""
    if stored.seq in taken_back:
        return (stored.id, stored.kind, stored.sender) == (taken.id, taken.kind, taken.sender)
    return msgspec.structs.asdict(stored) == msgspec.structs.asdict(taken)


def _moved_back(history: History) -> Iterator[str]:
    for (device, conversation), positions in history.reads.items():
        for before, after in pairwise(positions):
            if after < before:
                yield f"{device} in {conversation}: read position went from {before} to {after}"
