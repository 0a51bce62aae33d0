"""How many of a paced push may have been delivered by now: an even flow, as a function of time."""

from __future__ import annotations

STEP_S = 0.01
"""The finest step: above a hundred a second a few leave together, and nobody can tell."""


class Pacing:
    """`rate` deliveries a second from `started` on (monotonic), the first at once."""

    __slots__ = ("rate", "started")

    def __init__(self, rate: int, started: float) -> None:
        self.rate = rate
        self.started = started

    def due(self, now: float) -> int:
        """How many deliveries should be done by now, from the beginning."""
        # A nudge, so that waiting exactly `wait_s` is enough whatever the rounding.
        return 1 + int((now - self.started) * self.rate + 1e-6)

    def wait_s(self, done: int, now: float) -> float:
        """How long to wait after `done` deliveries; 0.0 when there is more to do now.

        A walk that fell behind catches up, since nothing but its total counts.
        """
        if done < self.due(now):
            return 0.0
        return max(STEP_S, self.started + done / self.rate - now)
