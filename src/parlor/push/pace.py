"""How often somebody may act: a token bucket that is a function of time.

Owns the arithmetic only. Callers bring `now` in monotonic seconds and decide what a refusal
means: `gateway.state.session` refuses a request, `push.pushes` a message to a busy room.
"""

from __future__ import annotations


class Pace:
    """`burst` actions at once, `per_second` on average. One small object per actor, no timer."""

    __slots__ = ("_at", "_spare", "burst", "per_second")

    def __init__(self, per_second: float, burst: int, now: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self._spare = float(burst)
        self._at = now

    def take_nowait(self, now: float, cost: int = 1, *, leaving: float = 0.0) -> float:
        """Spend `cost` and return 0.0, or spend nothing and return the seconds to wait.

        A clock that steps back counts as no time passed. A cost above `burst` never fits:
        the answer is then the wait as if it could. `leaving` is what has to be left over for
        others afterwards.
        """
        wait_s = self.wait_s(now, cost, leaving=leaving)
        if not wait_s:
            self._spare -= cost
        return wait_s

    def wait_s(self, now: float, cost: int = 1, *, leaving: float = 0.0) -> float:
        """What `take_nowait` would answer, spending nothing."""
        if now > self._at:
            self._spare = min(self.burst, self._spare + (now - self._at) * self.per_second)
            self._at = now
        missing = cost + leaving - self._spare
        return missing / self.per_second if missing > 0 else 0.0

    def change(self, per_second: float, burst: int) -> None:
        """Another pace from now on. What is left of the old burst is not more than the new one;
        the time since the last action counts at the new rate."""
        self.per_second, self.burst = per_second, burst
        self._spare = min(self._spare, float(burst))

    def put_back(self, cost: int = 1) -> None:
        """What was taken for something that did not happen."""
        self._spare = min(self.burst, self._spare + cost)

    def is_full(self, now: float) -> bool:
        """Whether forgetting this pace and making it anew would change nothing."""
        return self._spare + max(0.0, now - self._at) * self.per_second >= self.burst
