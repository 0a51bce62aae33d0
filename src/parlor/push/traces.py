"""What became of the last pushes: begun when one is accepted, filled in on its way, in memory.

A push costs one record, a walk over an audience a few additions at its end; nothing is done for a
single member. Forgotten are the oldest, and all of them with the process. Called by everything
that a push goes through; `look` is for the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from parlor.model.errors import NotFound
from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.mail import Place
from parlor.model.newest import Newest
from parlor.model.push import (
    Envelope,
    Push,
    Target,
    ToAll,
    ToConnections,
    ToDevices,
    ToRoom,
    ToRooms,
    ToUsers,
)
from parlor.model.trace import Leg, Line, Mail, Trace
from parlor.ports.clock import Clock

MAX_NAMES = 16
"""Targets, legs and mailboxes that are kept by name for one push."""
MAX_LINES = 64
OTHERS = "others"
"""The leg of all audiences after the first MAX_NAMES."""

Standing = Callable[[UserId, int], tuple[int, bool]]
"""Of a user's mail up to a number: how many devices acknowledged it, and whether it waits."""


class Traces:
    """At most `keep` pushes; 0 keeps nothing, and then every call costs next to nothing."""

    def __init__(self, clock: Clock | None = None, keep: int = 0) -> None:
        self._clock = clock
        self._keep = keep if clock is not None else 0
        self._kept: Newest[str, Trace] = Newest()

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self, push: Push, to: Target, by: str, online: int | None) -> None:
        """`push` has been accepted."""
        if not self._keep or self._clock is None:
            return
        kind = type(to)
        names = _NAMES[kind](to)
        self._kept[push.id] = Trace(
            push.id,
            self._clock.unix_ms(),
            by,
            _KINDS[kind],
            names if len(names) <= MAX_NAMES else names[:MAX_NAMES],
            len(names),
            len(push.body),
            push.delivery,
            push.tag,
            online,
        )
        self._kept.trim(self._keep)

    def forget(self, push_id: PushId) -> None:
        """It was refused after all."""
        self._kept.pop(push_id, None)

    def handed(self, push_id: PushId) -> None:
        trace = self._kept.get(push_id)
        if trace is not None:
            trace.handed_at = self._now_ms()

    def queued(self, push_id: PushId, position: int) -> None:
        """The durable queue has it."""
        trace = self._kept.get(push_id)
        if trace is not None:
            trace.durable, trace.position = True, position

    def stored(self, push_id: PushId, places: Sequence[Place], stored: int, dropped: int) -> None:
        """It was put into mailboxes; `dropped` older ones had to go for it."""
        trace = self._kept.get(push_id)
        if trace is not None:
            trace.mail_stored += stored
            trace.mail_dropped += dropped
            room = MAX_NAMES - len(trace.mail)
            more = (Mail(place.user, place.number, place.device) for place in places[:room])
            trace.mail = (*trace.mail, *more)

    def legs(self, envelope: Envelope) -> tuple[Leg, ...]:
        """Where to count what happens to each push of the envelope that is known here."""
        if not self._kept:
            return ()
        to, found = envelope.to, []
        name = to.room if isinstance(to, ToRoom) else _KINDS[type(to)]
        for push in envelope.pushes:
            trace = self._kept.get(push.id)
            if trace is not None:
                found.append(_leg(trace, name, self._now_ms()))
        return tuple(found)

    def leg(self, push_id: PushId, audience: str) -> Leg | None:
        trace = self._kept.get(push_id)
        return None if trace is None else _leg(trace, audience, self._now_ms())

    def walked(
        self,
        legs: Sequence[Leg],
        *,
        targeted: int,
        unwanted: int,
        closing: int,
        written: int,
        frame_bytes: int,
    ) -> None:
        """A walk for all of `legs` is over."""
        now_ms = self._now_ms()
        for leg in legs:
            leg.targeted += targeted
            leg.unwanted += unwanted
            leg.closing += closing
            leg.written += written
            leg.queued += targeted - unwanted - closing - written
            leg.frame_bytes = max(leg.frame_bytes, frame_bytes)
            leg.ended_at = now_ms

    def note(
        self, push_id: PushId, user: UserId, device: DeviceId, connection: str, step: str
    ) -> None:
        """Something happened to it at a connection of a watched user."""
        trace = self._kept.get(push_id)
        if trace is not None and len(trace.users) < MAX_LINES:
            trace.users.append(Line(self._now_ms(), user, device, connection, step))

    def look(self, push_id: str, standing: Standing) -> Trace:
        """Raises NotFound for a push that is not known, or not any more."""
        trace = self._kept.get(push_id)
        if trace is None:
            raise NotFound("No such push is known here, or not any more.")
        mail = []
        for one in trace.mail:
            acknowledged_by, waits = standing(one.user, one.number)
            mail.append(msgspec.structs.replace(one, acknowledged_by=acknowledged_by, waits=waits))
        return msgspec.structs.replace(trace, mail=tuple(mail))

    def _now_ms(self) -> int:
        return 0 if self._clock is None else self._clock.unix_ms()


NO_TRACES = Traces()
"""For whoever is made without: keeps nothing."""

_KINDS: dict[type, str] = {
    ToConnections: "connections",
    ToDevices: "devices",
    ToUsers: "users",
    ToRoom: "room",
    ToRooms: "rooms",
    ToAll: "all",
}
_NAMES: dict[type, Callable[[Any], tuple[str, ...]]] = {
    ToConnections: attrgetter("keys"),
    ToDevices: attrgetter("devices"),
    ToUsers: attrgetter("users"),
    ToRoom: lambda to: (to.room,),
    ToRooms: attrgetter("rooms"),
    ToAll: lambda _: (),
}
"""A table and no `match`: this is done for every push, and saves a third of its record."""


def _leg(trace: Trace, audience: str, now_ms: int) -> Leg:
    for leg in trace.legs:
        if leg.audience == audience or leg.audience == OTHERS:
            return leg
    leg = Leg(audience if len(trace.legs) < MAX_NAMES else OTHERS, began_at=now_ms)
    trace.legs.append(leg)
    return leg
