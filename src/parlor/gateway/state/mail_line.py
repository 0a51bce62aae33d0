"""How far the mail of one connection has come: what was sent, what is missing, when to read.

Mail is numbered densely per user, so one number says all. While a connection is behind, nothing
that is announced is sent to it: it comes from the store, in pages, in order, and the next page
after the last has been acknowledged. Called by `gateway.mail`, which reads and sends.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class Announced(Enum):
    """What to do with mail that was announced just now."""

    GIVE = "give"
    """It is the next one: send it."""
    READ = "read"
    """Something before it is missing: read on from `sent`."""
    NOTHING = "nothing"
    """It was sent already, or it comes with a page."""


class MailLine:
    """Made when there is something to remember; `UNUSED` stands for one without mail so far."""

    __slots__ = ("acked", "announced", "given", "is_behind", "is_reading", "sent")

    def __init__(self, sent: int = 0) -> None:
        self.sent = sent
        """The highest number that was sent or is not for this device; 0 when nobody knows."""
        self.given = sent
        """The highest number that was put on the connection: what its reader acknowledges. What is
        not for it, or has a tag that it did not ask for, may follow up to `sent`."""
        self.acked = sent
        self.announced = sent
        self.is_behind = False
        self.is_reading = False
        """A page is on its way; there is never more than one."""

    def begin_reading(self) -> None:
        """The caller reads a page, and says `on_page` when it has it."""
        self.is_behind = self.is_reading = True

    def on_announced(self, number: int, first: int) -> Announced:
        """`first` is the lowest number that waits in this mailbox, for any device."""
        self.announced = max(self.announced, number)
        if self.is_behind or number <= self.sent:
            return Announced.NOTHING
        if number == (self.sent + 1 if self.sent else first):
            self.sent = number
            return Announced.GIVE
        self.begin_reading()
        return Announced.READ

    def on_given(self, number: int) -> None:
        """This one was put on the connection, after `Announced.GIVE`."""
        self.given = number

    def on_page(self, upto: int, *, more: bool, given: int) -> bool:
        """A page up to `upto` has been read, and its mail up to `given` put on the connection; 0
        when none of it was. True: read the next one now (and it counts as begun)."""
        self.is_reading = False
        self.sent = max(self.sent, upto)
        self.given = max(self.given, given)
        if more and given:
            return False
        if not more and self.announced <= self.sent:
            self.is_behind = False
            return False
        self.begin_reading()
        return True

    def on_ack(self, upto: int) -> tuple[int, bool]:
        """(What counts as acknowledged, whether to read the next page now.)

        Who has all that was given has all that was sent; a number beyond counts as that, too.
        """
        self.acked = max(self.acked, self.sent if upto >= self.given else upto)
        if self.is_behind and not self.is_reading and self.acked >= self.sent:
            self.begin_reading()
            return self.acked, True
        return self.acked, False


UNUSED: Final = MailLine()
"""Shared by all connections that had no mail yet; never changed."""
