"""Which deliveries and events a program has had already, and what it may acknowledge.

A must-arrive push comes again after a lost acknowledgement, and a durable one after a crash of
the server; this drops the doubles. Called by `client.connection` when a push is handed out.
"""

from __future__ import annotations

from parlor.client.received_events import ReceivedEvents
from parlor.model.newest import Newest
from parlor.wire.native.pushes import DeliveryPush, EventPush, PushPayload

REMEMBERED = 10_000


class Received:
    """For one user, over as many connections as there are: hand the same one to each `connect`."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._ids: Newest[tuple[str | None, str], None] = Newest()
        self._highest = 0
        self.events = ReceivedEvents(remembered)
        self._epoch = ""
        self.lost = 0
        """The first mail of this connection that could not be kept; 0 when all could."""
        self.doubles = 0
        """How many deliveries were dropped because they had come before."""
        self.missed = 0
        """How many lossy pushes the server dropped, because they were not read in time."""

    def begin(self) -> None:
        """A new connection: what was lost on the last one comes again."""
        self.lost = 0
        self.events.begin()

    def is_new(self, push: PushPayload | None) -> bool:
        """Whether to hand a push out; False for one that was handed out before."""
        if isinstance(push, EventPush):
            return self.events.take(push.event.conversation_id, push.event.seq)
        return not isinstance(push, DeliveryPush) or self.take(push)

    def on_hello(self, epoch: str) -> None:
        """The server's answer, before anything else it says. With another database behind it,
        numbers begin anew: those of the old one would make doubles of new mail."""
        if self._epoch not in ("", epoch):
            self._highest = 0
            self.events = ReceivedEvents(self._remembered)
        self._epoch = epoch

    def take(self, delivery: DeliveryPush) -> bool:
        """As `is_new`, for a delivery."""
        self.missed += delivery.missed
        number = delivery.mail
        # A push into several rooms comes once for each of them.
        name = (delivery.room, delivery.push_id)
        is_double = name in self._ids or 0 < number <= self._highest
        if delivery.push_id:
            self._ids.put(name, None)
            self._ids.trim(self._remembered)
        if number > self._highest and not self.lost:
            self._highest = number
        self.doubles += is_double
        return not is_double

    def lose(self, delivery: DeliveryPush) -> None:
        """It came but could not be kept: nothing from it on is acknowledged here, so that it
        comes again."""
        if delivery.mail and not self.lost:
            self.lost = delivery.mail

    @property
    def upto(self) -> int:
        """The number to acknowledge; 0 when there is none."""
        return self._highest
