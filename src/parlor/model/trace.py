"""What became of one push, as an operator asks for it: who sent it, where it went, who missed it.

Counters only, one record for a push and one leg for each audience, so that a push to a room of
thousands costs as little as one to a single user. `push.traces` keeps the records, the gateway
counts, the API shows them as they are. Times are Unix milliseconds; 0 means not (yet).
"""

from __future__ import annotations

import msgspec

from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.push import Delivery


class Leg(msgspec.Struct):
    """One audience of the push in this process, counted in connections.

    Each of the `targeted` ones did not ask for its tag (`unwanted`), was closing (`closing`), got
    it by a write of its own (`written`) or had it put into its outbox (`queued`). Of the queued
    ones, the reader was too slow for it (`missed`, lossy), had to be closed because it must arrive
    (`slow`), or ended before it was written (`lost`); the others were written, or still wait.
    """

    audience: str
    targeted: int = 0
    unwanted: int = 0
    closing: int = 0
    written: int = 0
    queued: int = 0
    missed: int = 0
    slow: int = 0
    lost: int = 0
    frame_bytes: int = 0
    """What one reader gets on the wire, in the largest encoding that was needed. Messages that
    left together count together."""
    began_at: int = 0
    ended_at: int = 0

    def on_missed(self) -> None:
        self.missed += 1

    def on_slow(self) -> None:
        self.slow += 1

    def on_lost(self) -> None:
        self.lost += 1


class Mail(msgspec.Struct, frozen=True):
    """The push in one mailbox: its number there. `acknowledged_by` counts devices that are known
    to have it; nothing `waits` any more when all have, or when it was dropped."""

    user: UserId
    number: int
    device: DeviceId = DeviceId("")
    acknowledged_by: int = 0
    waits: bool = True


class Line(msgspec.Struct, frozen=True):
    """One step at one connection of a watched user."""

    at: int
    user: UserId
    device: DeviceId
    connection: str
    step: str


class Trace(msgspec.Struct):
    """`by` is the API key's name, or `user ID` for what a member published.

    `audience` says what kind of targets there are, `targets` the first of them of `target_count`.
    `handed_at` is when its way was decided: on the bus, in a room's line, stored as mail or in the
    durable queue, at `position` there.
    """

    push_id: PushId
    accepted_at: int
    by: str
    audience: str
    targets: tuple[str, ...]
    target_count: int
    body_bytes: int
    delivery: Delivery
    tag: str
    online: int | None
    durable: bool = False
    position: int = 0
    handed_at: int = 0
    mail_stored: int = 0
    mail_dropped: int = 0
    mail: tuple[Mail, ...] = ()
    legs: list[Leg] = []
    users: list[Line] = []
