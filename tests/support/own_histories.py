"""What is one's own, compared between the devices of each person and the server. Pure.

The promises: in the end all devices of a person and the server have the same entries; what was
acknowledged is there, unless something newer of the same key is; no number is given twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from parlor.wire.native.pushes import SelfEntry

Entries = Mapping[str, SelfEntry]
"""By key. What is gone has a body of None, or is not there."""


@dataclass
class OwnHistory:
    """`stored` is by user, `devices` by device: (whose it is, what it has made of all it heard).
    `acknowledged` are the entries that somebody's request was answered with, by user."""

    stored: dict[str, Entries] = field(default_factory=dict)
    devices: dict[str, tuple[str, Entries]] = field(default_factory=dict)
    acknowledged: list[tuple[str, SelfEntry]] = field(default_factory=list)


def own_faults(history: OwnHistory) -> list[str]:
    return [
        *_broken_devices(history),
        *_broken_acknowledgements(history),
        *_doubled_numbers(history),
    ]


def _broken_devices(history: OwnHistory) -> Iterator[str]:
    for device, (user, entries) in history.devices.items():
        here, there = _live(entries), _live(history.stored.get(user, {}))
        for key in sorted(here.keys() | there.keys()):
            if here.get(key) != there.get(key):
                yield f"{device}: has {here.get(key)} for {key}, the server {there.get(key)}"


def _broken_acknowledgements(history: OwnHistory) -> Iterator[str]:
    for user, entry in history.acknowledged:
        stored = history.stored.get(user, {}).get(entry.key)
        if stored is None:
            if entry.body is not None:
                yield f"{entry.key} of {user} was acknowledged as {entry.seq} and is lost"
        elif stored.seq < entry.seq:
            yield f"{entry.key} of {user} was acknowledged as {entry.seq}, and is {stored.seq}"


def _doubled_numbers(history: OwnHistory) -> Iterator[str]:
    given: dict[tuple[str, int], SelfEntry] = {}
    stored = [(user, one) for user, entries in history.stored.items() for one in entries.values()]
    for user, entry in (*stored, *history.acknowledged):
        other = given.setdefault((user, entry.seq), entry)
        if (other.key, other.body) != (entry.key, entry.body):
            yield f"{user}: number {entry.seq} is {other.key} and {entry.key}"


def _live(entries: Entries) -> Mapping[str, tuple[int, str | None]]:
    return {key: (one.seq, one.body) for key, one in entries.items() if one.body is not None}
