"""The last packets of one layer, as all receivers get them: what retransmissions are made of.

One for each layer, not for each receiver: what differs between receivers is arithmetic. Bounded by
packets and by age; also the answer to "did this one come already?".
"""

from __future__ import annotations

from typing import NamedTuple

from parlor.wire.webrtc.pictures import NOTHING, Picture

PACKETS = 1_024
"""A power of two, and no more than SRTP's window of packets that may be sent late."""
KEPT_S = 1.5
"""Who misses a packet for longer wants a key frame. At 1.5 Mbit/s these are 280 kB."""

_MASK = PACKETS - 1


class Kept(NamedTuple):
    """One packet without what is a receiver's own."""

    seq: int
    """The layer's long number."""
    at: float
    second: int
    """Marker and payload type, as receivers get them."""
    timestamp: int
    block: int
    """Form and length of the extension block with the receiver's words in it."""
    tail: bytes
    """What follows the receiver's words: the other extensions, then the payload."""
    payload_at: int
    """Where in `tail` the payload begins."""
    is_wide: bool = False
    """Its extensions need the two-byte form."""
    picture: Picture = NOTHING


class History:
    """`floor` is the lowest number that can still be new: below it nothing is known any more."""

    __slots__ = ("_newest", "_ring", "floor")

    def __init__(self) -> None:
        self._ring: list[Kept | None] = [None] * PACKETS
        self._newest = -1
        self.floor = -(1 << 62)

    def __contains__(self, seq: int) -> bool:
        return self.get(seq) is not None

    def get(self, seq: int) -> Kept | None:
        kept = self._ring[seq & _MASK]
        return kept if kept is not None and kept.seq == seq else None

    def put(self, kept: Kept) -> None:
        """`kept.seq` must not be below `floor`, nor be here already."""
        seq = kept.seq
        self._ring[seq & _MASK] = kept
        if seq > self._newest:
            if seq >= self._newest + PACKETS:
                self._ring = [None] * PACKETS
                self._ring[seq & _MASK] = kept
            else:
                # What was a round ago in the places of those that did not come is too old.
                for skipped in range(self._newest + 1, seq):
                    self._ring[skipped & _MASK] = None
            self._newest = seq
            if self.floor <= seq - PACKETS:
                self.floor = seq - PACKETS + 1

    def forget_old(self, now: float) -> None:
        """Let go of what came more than KEPT_S ago."""
        before = now - KEPT_S
        low = max(self.floor, self._newest - PACKETS + 1)
        while low <= self._newest:
            kept = self.get(low)
            if kept is not None:
                if kept.at >= before:
                    break
                self._ring[low & _MASK] = None
            low += 1
        # Where nothing was kept yet there is no floor to raise.
        if self._newest >= 0:
            self.floor = max(self.floor, low)

    @property
    def size(self) -> int:
        """Packets that are kept."""
        return sum(kept is not None for kept in self._ring)
