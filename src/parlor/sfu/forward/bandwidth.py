"""How much one receiver's way can carry, from when its packets arrived and which did not.

After Google's congestion control (draft-ietf-rmcat-gcc-02): queues that grow show in packets that
arrive later and later than they were sent (§5, with a trend line in place of the filter), losses
above a tenth in what reports say (§6). A receiver without transport-wide numbers says itself what
it can take (REMB). Begins with a generous figure and goes down on evidence: what is sent is made
elsewhere, so there is nothing to start slowly with.
"""

from __future__ import annotations

from collections import deque

from parlor.wire.webrtc.rtcp import TransportFeedback
from parlor.wire.webrtc.sequence import Extender

START_BPS = 3_000_000.0
LOWEST_BPS = 50_000.0
HIGHEST_BPS = 50_000_000.0

DECREASE = 0.85
"""Of what got through, when a queue grows: lower than that, so that it drains."""
MOST_DECREASE = 0.5
"""Of the estimate at once. What got through may have been little because little was wanted."""
INCREASE_A_SECOND = 1.08
MUCH_LOST, LITTLE_LOST = 0.10, 0.02
HOLD_S = 1.0
"""After a decrease, before the next one or any increase: what is in the queue has to leave it."""

_MARKS = 512
"""Bursts whose fate is not known yet: five seconds of them, when feedback comes every 0.1 s."""
_COUNTED = 20
"""Packets at least of which a share is taken: one of three lost is no third."""
_WINDOW = 20
_SMOOTHING = 0.9
_GAIN = 4.0
_MOST_GROUPS = 60
_BURST_MS = 5.0
"""Packets sent within this time are one group: what is between them is the sender's pace."""
_PERSISTS_MS = 10.0
_THRESHOLD_MS = 12.5
_THRESHOLD_UP, _THRESHOLD_DOWN = 0.0087, 0.039
_TICK_MS = 0.25


class _Trend:
    """Whether arrivals fall behind: the slope of the accumulated delay, against a threshold that
    adapts so that a competing TCP does not starve us (§5.4)."""

    __slots__ = (
        "_at",
        "_before",
        "_delay",
        "_groups",
        "_over_since",
        "_points",
        "_smoothed",
        "threshold",
    )

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=_WINDOW)
        self._delay = self._smoothed = 0.0
        self._groups = 0
        self._before = 0.0
        self._over_since: float | None = None
        self._at: tuple[float, float] | None = None
        self.threshold = _THRESHOLD_MS

    def on_group(self, sent_ms: float, arrived_ms: float) -> bool:
        """Whether a queue grows, and has for a while (§5.3): one late group is none."""
        before, self._at = self._at, (sent_ms, arrived_ms)
        if before is None:
            return False
        apart_ms = arrived_ms - before[1]
        self._delay += apart_ms - (sent_ms - before[0])
        self._smoothed = _SMOOTHING * self._smoothed + (1 - _SMOOTHING) * self._delay
        self._points.append((arrived_ms, self._smoothed))
        self._groups = min(self._groups + 1, _MOST_GROUPS)
        if len(self._points) < _WINDOW:
            return False
        trend = self._slope() * self._groups * _GAIN
        last, self._before = self._before, trend
        is_over = trend > self.threshold
        self._adapt(abs(trend), apart_ms)
        if not is_over:
            self._over_since = None
            return False
        if self._over_since is None:
            self._over_since = arrived_ms
        return arrived_ms - self._over_since > _PERSISTS_MS and trend >= last

    def _slope(self) -> float:
        count = len(self._points)
        middle_x = sum(x for x, _ in self._points) / count
        middle_y = sum(y for _, y in self._points) / count
        across = sum((x - middle_x) ** 2 for x, _ in self._points)
        if not across:
            return 0.0
        return sum((x - middle_x) * (y - middle_y) for x, y in self._points) / across

    def _adapt(self, size: float, apart_ms: float) -> None:
        # A spike is the route's doing, not the queue's.
        if size > self.threshold + 15:
            return
        gain = _THRESHOLD_UP if size > self.threshold else _THRESHOLD_DOWN
        moved = self.threshold + gain * (size - self.threshold) * min(max(apart_ms, 0.0), 100.0)
        self.threshold = min(max(moved, _THRESHOLD_MS), 600.0)


class Bandwidth:
    """`bits_per_s` is the estimate. Times are monotonic seconds."""

    __slots__ = (
        "_counted",
        "_counted_lost",
        "_group",
        "_held_until",
        "_increased_at",
        "_is_fed",
        "_lost",
        "_marks",
        "_numbers",
        "_own",
        "_told",
        "_trend",
        "sent_bps",
    )

    def __init__(self, start_bps: float = START_BPS) -> None:
        self._own = start_bps
        self._told: float | None = None
        self._trend = _Trend()
        self._marks: deque[tuple[int, float]] = deque(maxlen=_MARKS)
        self._numbers = Extender()
        self._group: tuple[float, float] | None = None
        self._held_until = 0.0
        self._increased_at: float | None = None
        self._lost = 0.0
        self._counted = self._counted_lost = 0
        self._is_fed = False
        self.sent_bps = 0.0
        """What goes to the receiver at present; the caller measures it."""

    @property
    def bits_per_s(self) -> float:
        return self._own if self._told is None else min(self._own, self._told)

    def on_sent(self, transport_seq: int, now: float) -> None:
        """All up to this number had been sent by then: called once a burst, not once a packet."""
        number = self._numbers.extend(transport_seq)
        if not self._marks or number > self._marks[-1][0]:
            self._marks.append((number, now))

    def on_remb(self, bits_per_s: int) -> None:
        """The receiver's own word, which is never exceeded."""
        self._told = max(float(bits_per_s), LOWEST_BPS)

    def on_loss(self, fraction: float, now: float) -> None:
        """Of the packets since the last report, by report blocks; feedback knows better."""
        if self._is_fed:
            return
        self._lost = fraction
        if fraction > MUCH_LOST:
            self._decrease(self._own * (1 - 0.5 * fraction), now)

    def on_feedback(self, feedback: TransportFeedback, now: float) -> None:
        """What became of packets that `on_sent` knows. Lies of a receiver's harm itself only."""
        self._is_fed = True
        self._counted += feedback.count
        self._counted_lost += feedback.count - len(feedback.received)
        if self._counted >= _COUNTED:
            self._lost += (self._counted_lost / self._counted - self._lost) * 0.5
            self._counted = self._counted_lost = 0
        for seq, ticks in feedback.arrivals():
            self._on_arrival(seq, ticks * _TICK_MS, now)
        if self._lost > MUCH_LOST:
            self._decrease(self._own * (1 - 0.5 * self._lost), now)

    def on_time(self, now: float) -> None:
        """Try for more, as long as nothing speaks against it."""
        since, self._increased_at = self._increased_at, now
        if since is None or now < self._held_until or self._lost > LITTLE_LOST:
            return
        self._own = min(self._own * INCREASE_A_SECOND ** (now - since), HIGHEST_BPS)

    def _on_arrival(self, seq: int, arrived_ms: float, now: float) -> None:
        """Packets of one burst are one group, and its last arrival is the group's."""
        if self._numbers.newest is None:
            return
        number = self._numbers.extend(seq)
        while self._marks and self._marks[0][0] < number:
            self._marks.popleft()
        if not self._marks:
            return
        sent_ms = self._marks[0][1] * 1_000
        group = self._group
        if group is None:
            self._group = (sent_ms, arrived_ms)
        elif sent_ms > group[0] + _BURST_MS:
            if self._trend.on_group(*group):
                got_through = DECREASE * self.sent_bps * (1 - self._lost)
                self._decrease(max(got_through, MOST_DECREASE * self._own), now)
            self._group = (sent_ms, arrived_ms)
        elif sent_ms >= group[0]:
            self._group = (group[0], max(arrived_ms, group[1]))

    def _decrease(self, to: float, now: float) -> None:
        if now < self._held_until:
            return
        self._held_until = now + HOLD_S
        self._own = max(min(to, self._own), LOWEST_BPS)
