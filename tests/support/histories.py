"""What clients were told and have seen, compared with what the server has in the end.

Pure. The promises: what was acknowledged is stored exactly once, where the acknowledgement said,
and what was refused is not; `seq` is dense; every device has the same events in the same places;
replaying a log gives what the server shows; unread counts are those of the log; a read position
never moves back. Those about what is one's own are in `own_histories`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from parlor.im.replay import Snapshot, replay
from parlor.model.event import Draft, Event, EventKind
from parlor.model.message_state import MessageState
from tests.support.own_histories import OwnHistory, own_faults

Log = Sequence[Event]
MAX_UNREAD = 1_000


@dataclass(frozen=True)
class Acknowledged:
    """The server said: stored, as `seq` of its conversation."""

    draft: Draft
    seq: int


@dataclass(frozen=True)
class Undone:
    """The server said, for good: not stored. `why` is the code, empty: nothing to do."""

    draft: Draft
    why: str = ""


@dataclass(frozen=True)
class Place:
    """How far somebody has read, as the server shows it."""

    read_seq: int
    unread: int


@dataclass
class History:
    """`stored` are the logs that the server has in the end, `shown` what it shows of each
    conversation beside its log, `places` what it shows each (user, conversation). `devices` are
    the logs that each device has made for itself, in the order in which it took the events.
    `told` are the states of messages (conversation, state) that anybody was ever given, as nobody
    in particular sees them. `reads` are the positions that one device was told of, in that order,
    by (device, conversation). `refusals` counts (user, code); whether a refusal was right is for
    the test to say."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    stored: dict[str, Log] = field(default_factory=dict)
    shown: dict[str, Snapshot] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    devices: dict[str, Mapping[str, Log]] = field(default_factory=dict)
    told: set[tuple[str, MessageState]] = field(default_factory=set)
    reads: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    own: OwnHistory = field(default_factory=OwnHistory)


def faults(history: History) -> list[str]:
    """A line for each promise that was broken; empty when all were kept."""
    broken = [*_broken_logs(history)]
    # A log with gaps cannot be replayed, and was complained of.
    whole = [] if broken else [*_broken_snapshots(history), *_broken_states(history)]
    return [
        *broken,
        *_broken_acknowledgements(history),
        *_broken_refusals(history),
        *_broken_devices(history),
        *whole,
        *_broken_counts(history),
        *_moved_back(history),
        *own_faults(history.own),
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
                yield f"{conversation}: {client_id!r} of {sender} is stored {times} times"


def _broken_acknowledgements(history: History) -> Iterator[str]:
    places = _places(history)
    taken_back = {one: _taken_back(log) for one, log in history.stored.items()}
    for said in history.acknowledged:
        stored, name = places.get(_key(said.draft)), _name(said.draft)
        if stored is None:
            yield f"{name} was acknowledged as {said.seq} and is lost"
        elif stored.seq != said.seq:
            yield f"{name} was acknowledged as {said.seq} and is {stored.seq}"
        else:
            gone = stored.seq in taken_back[said.draft.conversation_id]
            if wrong := _differences(said.draft, stored, without_words=gone):
                yield f"{name} says something else than what was sent: {', '.join(wrong)}"


def _broken_refusals(history: History) -> Iterator[str]:
    places = _places(history)
    for refused in history.undone:
        stored = places.get(_key(refused.draft))
        if stored is not None:
            why = refused.why or "nothing to do"
            yield f"{_name(refused.draft)} was refused ({why}) and is stored as {stored.seq}"


def _places(history: History) -> Mapping[tuple[str, str, str], Event]:
    places: dict[tuple[str, str, str], Event] = {}
    for log in history.stored.values():
        for event in log:
            places.setdefault((event.conversation_id, event.sender, event.client_id), event)
    return places


def _key(draft: Draft) -> tuple[str, str, str]:
    return draft.conversation_id, draft.sender, draft.client_id


def _name(draft: Draft) -> str:
    return f"{draft.conversation_id}: {draft.kind} {draft.client_id!r} of {draft.sender}"


def _differences(draft: Draft, stored: Event, *, without_words: bool) -> Sequence[str]:
    """What `draft` says is in the event; the server adds to it."""
    said = msgspec.structs.asdict(draft)
    empty = msgspec.structs.asdict(Draft(draft.conversation_id, draft.kind, draft.sender))
    words = {"text", "reply_to"} if without_words else set()
    return [
        name
        for name, value in said.items()
        if name not in words
        and (value != empty[name] or name in {"kind", "off"})
        and getattr(stored, name) != value
    ]


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
    """The messages that say nothing any more, because somebody has recalled them, and the edits
    of those."""
    recalled = {event.target for event in log if event.kind is EventKind.RECALL}
    edits = {
        event.seq for event in log if event.kind is EventKind.EDIT and event.target in recalled
    }
    return recalled | edits


def _same(stored: Event, taken: Event, taken_back: set[int]) -> bool:
    """A client may have other classes of the same shape for what came over its codec."""
    if stored.seq in taken_back:
        return (stored.id, stored.kind, stored.sender) == (taken.id, taken.kind, taken.sender)
    return stored == taken or msgspec.to_builtins(stored) == msgspec.to_builtins(taken)


def _broken_snapshots(history: History) -> Iterator[str]:
    for conversation, shown in history.shown.items():
        made = replay(history.stored[conversation])
        for name in Snapshot.__struct_fields__:
            here, there = getattr(shown, name), getattr(made, name)
            if here != there:
                yield f"{conversation}: {name} is {here}, and its log makes it {there}"


def _broken_states(history: History) -> Iterator[str]:
    """Each state that was ever told is what the log up to its last change makes."""
    made: dict[tuple[str, int], Snapshot] = {}
    for conversation, state in history.told:
        log = history.stored.get(conversation, ())
        if state.seq in _taken_back(log) and not state.recalled_by:
            # What it said meanwhile is not in the log any more.
            continue
        at = (conversation, state.changed_seq)
        if at not in made:
            made[at] = replay(log[: state.changed_seq])
        if made[at].states.get(state.seq) != state:
            there = made[at].states.get(state.seq)
            yield f"{conversation}: {state} was told, and the log made it {there}"


def _broken_counts(history: History) -> Iterator[str]:
    """What says nothing any more is not unread."""
    for (user, conversation), place in history.places.items():
        log = history.stored.get(conversation, ())
        gone = _taken_back(log)
        unread = sum(
            event.kind is EventKind.MESSAGE
            and event.sender != user
            and event.seq > place.read_seq
            and event.seq not in gone
            for event in log
        )
        if min(unread, MAX_UNREAD) != place.unread:
            yield f"{user} in {conversation}: {place.unread} unread, by the log {unread}"


def _moved_back(history: History) -> Iterator[str]:
    for (device, conversation), positions in history.reads.items():
        for before, after in pairwise(positions):
            if after < before:
                yield f"{device} in {conversation}: read position went from {before} to {after}"
