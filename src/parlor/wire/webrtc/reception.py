"""How one stream arrives: what was lost and how unevenly it came (RFC 3550, appendix A).

Owns the arithmetic of report blocks; `now_s` comes with each call. Made for each SSRC that is
received, after SRTP has shown who sent it: so a stream counts from its first packet on, without
the probation of A.1.
"""

from __future__ import annotations

from parlor.wire.webrtc.rtcp.reports import ReportBlock, middle_ntp
from parlor.wire.webrtc.sequence import TIMESTAMP_BITS, distance

MAX_DROPOUT = 3_000
"""A gap of more packets than this is a sender that began anew (A.1)."""
MAX_MISORDER = 100
"""A packet later than this is none of the stream."""

_LOST_MIN, _LOST_MAX = -(1 << 23), (1 << 23) - 1


class Reception:
    """The counts of one stream. `clock_rate`: of its timestamps, in Hz."""

    __slots__ = (
        "_after_jump",
        "_base",
        "_clock_rate",
        "_expected_before",
        "_jitter",
        "_last_sr",
        "_received_before",
        "_sr_at_s",
        "_ssrc",
        "_transit",
        "highest",
        "received",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self._ssrc = ssrc
        self._clock_rate = clock_rate
        self._base = 0
        self.highest = -1
        """The highest sequence number, extended; -1 before the first packet."""
        self.received = 0
        """With doubled ones, since the stream began."""
        self._expected_before = self._received_before = 0
        self._after_jump = -1  # the number that would confirm a jump
        self._jitter = 0.0
        self._transit: int | None = None
        self._last_sr, self._sr_at_s = 0, 0.0

    @property
    def expected(self) -> int:
        return self.highest - self._base + 1 if self.received else 0

    def on_packet(self, seq: int, timestamp: int, now_s: float) -> int | None:
        """Count a packet that arrived; gives its extended sequence number.

        None for one that is far from the others and not counted: a sender that began anew is
        believed with its second packet in a row (A.1), and all counts begin again.
        """
        if self.highest < 0:
            self._begin(seq)
        ahead = distance(seq, self.highest)
        if not -MAX_MISORDER <= ahead < MAX_DROPOUT:
            if seq != self._after_jump:
                self._after_jump = seq + 1 & 0xFFFF
                return None
            self._begin(seq)
            ahead = 0
        long = self.highest + ahead
        self.highest = max(self.highest, long)
        self.received += 1
        self._measure(timestamp, now_s)
        return long

    def on_sender_report(self, ntp: int, now_s: float) -> None:
        """`ntp`: all 64 bits of the report."""
        self._last_sr, self._sr_at_s = middle_ntp(ntp), now_s

    def report(self, now_s: float) -> ReportBlock:
        """The block for the next report; the loss in it is that since the last one (A.3)."""
        expected, received = self.expected, self.received
        in_turn = expected - self._expected_before
        lost_in_turn = in_turn - (received - self._received_before)
        self._expected_before, self._received_before = expected, received
        fraction = lost_in_turn * 256 // in_turn if in_turn > 0 and lost_in_turn > 0 else 0
        since = round(max(0.0, now_s - self._sr_at_s) * 65_536) if self._last_sr else 0
        return ReportBlock(
            ssrc=self._ssrc,
            fraction_lost=min(fraction, 255),
            lost=min(max(expected - received, _LOST_MIN), _LOST_MAX),
            highest_seq=max(self.highest, 0) & 0xFFFF_FFFF,
            jitter=int(self._jitter),
            last_sr=self._last_sr,
            since_last_sr=min(since, 0xFFFF_FFFF),
        )

    def _begin(self, seq: int) -> None:
        self._base = self.highest = seq
        self.received = self._expected_before = self._received_before = 0
        self._after_jump = -1
        self._transit = None

    def _measure(self, timestamp: int, now_s: float) -> None:
        """A.8, with sixteenths as a float."""
        transit = round(now_s * self._clock_rate) - timestamp
        if self._transit is not None:
            change = abs(distance(transit, self._transit, TIMESTAMP_BITS))
            self._jitter += (change - self._jitter) / 16
        self._transit = transit
