"""Numbers that wrap around (RFC 1982): which is newer, and the long number behind a short one.

RTP counts packets in 16 bits and time in 32 (RFC 3550 §5.1); everything that remembers more than
a moment works with the extended numbers that `Extender` gives.
"""

from __future__ import annotations

SEQ_BITS = 16
TIMESTAMP_BITS = 32


def distance(later: int, earlier: int, bits: int = SEQ_BITS) -> int:
    """How far `later` is ahead of `earlier`, the short way round: negative when it is behind.

    Half the circle counts as behind; RFC 1982 leaves that one open.
    """
    half = 1 << bits - 1
    return (later - earlier + half & (1 << bits) - 1) - half


def is_newer(seq: int, than: int, bits: int = SEQ_BITS) -> bool:
    return distance(seq, than, bits) > 0


class Extender:
    """Turns the short numbers of one stream into long ones that never wrap around.

    Each is taken to be the one nearest to the newest so far, so late and doubled ones are right
    too; a gap of half the circle or more is taken for a step back. The first keeps its value; what
    was sent before it and comes after it may be negative.
    """

    __slots__ = ("_bits", "newest")

    def __init__(self, bits: int = SEQ_BITS) -> None:
        self._bits = bits
        self.newest: int | None = None
        """The highest number so far."""

    def extend(self, short: int) -> int:
        """`short` must have at most `bits` bits."""
        newest = self.newest
        if newest is None:
            self.newest = short
            return short
        long = newest + distance(short, newest, self._bits)
        if long > newest:
            self.newest = long
        return long
