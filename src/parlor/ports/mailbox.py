"""Where mail waits until every device that is known for its user has acknowledged it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from parlor.model.ids import DeviceId, UserId
from parlor.model.mail import Cursor, Page, Place, Post


class MailboxLimits(msgspec.Struct, frozen=True):
    """Per user. The newest mail is kept, however large it is."""

    max_entries: int
    max_bytes: int
    max_devices: int
    """Known devices; the one that was silent longest is forgotten for a new one."""


class Posted(msgspec.Struct, frozen=True):
    """`strangers`: devices that no user is known to have; for them nothing was stored.

    `stored` and `dropped` count entries: the new ones, and the oldest that had to go for them.
    """

    places: tuple[Place, ...]
    strangers: tuple[DeviceId, ...] = ()
    stored: int = 0
    dropped: int = 0


class Removed(msgspec.Struct, frozen=True):
    """How many entries went, which mailboxes are empty by that (user, newest number), and which
    devices had to be forgotten for newer ones."""

    entries: int = 0
    emptied: tuple[tuple[UserId, int], ...] = ()
    forgotten: tuple[tuple[UserId, DeviceId], ...] = ()


class Known(msgspec.Struct, frozen=True):
    """What a process has to know to answer most hellos without asking.

    `boxes`: users whose mail waits, with the newest number; `cursors`: those of their devices.
    Not `complete` when there were more than was asked for; then it is of no use.
    """

    boxes: tuple[tuple[UserId, int], ...]
    cursors: tuple[Cursor, ...]
    devices: tuple[Cursor, ...]
    """Those heard of most lately, whoever they belong to."""
    complete: bool


class Mailbox(Protocol):
    """Ids are any strings; no account need exist. All raise StorageFailed and Overloaded."""

    async def put(self, post: Post) -> Posted:
        """Store it for each user in one transaction; return once it is durable.

        Posts get their numbers in the order of calls. Cancelling does not undo it.
        """

    async def page(
        self, user: UserId, device: DeviceId, after: int | None, max_entries: int, max_bytes: int
    ) -> Page:
        """What comes after number `after` (None: after what this device acknowledged).

        Bodies add up to `max_bytes` at most, but there is at least one when one waits.
        """

    async def note(self, cursors: Sequence[Cursor]) -> Removed:
        """Remember acknowledgements and when devices were heard of; neither moves back.

        What every known device of a user has acknowledged is removed. An acknowledgement of a
        number that was never given counts as one of the newest.
        """

    async def idle(self, before_ms: int, limit: int) -> Sequence[Cursor]:
        """Devices that were last heard of before `before_ms`, the longest silent first."""

    async def forget(self, cursors: Sequence[Cursor]) -> Removed:
        """These devices are not known any more, unless they were heard of meanwhile."""

    async def expire(self, before_ms: int, limit: int) -> Removed:
        """Drop at most `limit` entries that were put before `before_ms`, and the counters of
        mailboxes that have been empty for as long and whose devices are forgotten."""

    async def known(self, max_boxes: int, max_devices: int) -> Known: ...

    async def count(self) -> int:
        """How many entries wait, in all mailboxes."""
