"""When a publisher's packets arrived: what it estimates its bandwidth from (transport-cc).

`pending` takes the transport-wide number and the time of each packet; `feedback` makes the reports
about them, in which what lies between and did not come is lost. Sent about ten times a second.
"""

from __future__ import annotations

from parlor.wire.webrtc.rtcp import TransportFeedback
from parlor.wire.webrtc.rtcp.transport_cc import TICKS_PER_REFERENCE
from parlor.wire.webrtc.sequence import Extender

MAX_PENDING = 2_000
"""More than a publisher sends between two reports."""
MAX_COUNT = 500
"""In one report: with times of two bytes it stays within a datagram."""
MAX_GAP = 1_000
"""Lost packets between two that came; with more the sender has begun anew."""
_TICKS_A_SECOND = 4_000
_MAX_TICKS = 0x7FFF
_REFERENCES = 1 << 24


class Arrivals:
    __slots__ = ("_next", "_number", "_numbers", "dropped", "pending")

    def __init__(self) -> None:
        self.pending: list[tuple[int, float]] = []
        """16 bits, and seconds. Append what comes; `on_packet` does, with a limit."""
        self.dropped = 0
        self._numbers = Extender()
        self._next: int | None = None
        self._number = 0

    def on_packet(self, value: bytes, now: float) -> None:
        """`value` of the extension; one of another length says nothing."""
        if len(value) == 2 and len(self.pending) < MAX_PENDING:
            self.pending.append((value[0] << 8 | value[1], now))
        else:
            self.dropped += 1

    def feedback(self, sender_ssrc: int, media_ssrc: int) -> list[TransportFeedback]:
        """The reports about what came since the last call; none when nothing did."""
        pending, self.pending = self.pending, []
        came: dict[int, int] = {}
        for short, at in pending:
            came.setdefault(self._numbers.extend(short), round(at * _TICKS_A_SECOND))
        reports: list[TransportFeedback] = []
        group: list[tuple[int, int]] = []
        base = 0
        for number in sorted(came):
            if group and self._ends(group, base, number, came[number]):
                reports.append(self._report(group, base, sender_ssrc, media_ssrc))
                group = []
            if not group:
                base = number
                follows = self._next
                if follows is not None and 0 < number - follows <= MAX_COUNT // 2:
                    base = follows
            group.append((number, came[number]))
            self._next = number + 1 if self._next is None else max(self._next, number + 1)
        if group:
            reports.append(self._report(group, base, sender_ssrc, media_ssrc))
        return reports

    def _ends(self, group: list[tuple[int, int]], base: int, number: int, at: int) -> bool:
        last, last_at = group[-1]
        return (
            number - base >= MAX_COUNT or number - last > MAX_GAP or abs(at - last_at) > _MAX_TICKS
        )

    def _report(
        self, group: list[tuple[int, int]], base: int, sender_ssrc: int, media_ssrc: int
    ) -> TransportFeedback:
        reference = group[0][1] // TICKS_PER_REFERENCE
        at = reference * TICKS_PER_REFERENCE
        received = []
        for number, ticks in group:
            received.append((number - base, ticks - at))
            at = ticks
        report = TransportFeedback(
            sender_ssrc,
            media_ssrc,
            base & 0xFFFF,
            group[-1][0] - base + 1,
            (reference + _REFERENCES // 2) % _REFERENCES - _REFERENCES // 2,
            self._number,
            tuple(received),
        )
        self._number = self._number + 1 & 0xFF
        return report
