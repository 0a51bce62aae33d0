"""When to stop asking somebody who does not answer: a circuit breaker as a function of time."""

from __future__ import annotations


class Breaker:
    """Opens for `pause_s` after `failures` in a row, then lets one through to find out.

    Ask `wait_s` before each request and say `on_done` after it. `now` is monotonic seconds.
    """

    __slots__ = ("_failed", "_failures", "_open_until", "_pause_s")

    def __init__(self, failures: int, pause_s: float) -> None:
        self._failures = failures
        self._pause_s = pause_s
        self._failed = 0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        return self._failed >= self._failures

    def wait_s(self, now: float) -> float:
        """0.0: go ahead. Otherwise how long nobody should, at least.

        The one that is let through keeps the others out for another pause.
        """
        if not self.is_open:
            return 0.0
        if now < self._open_until:
            return self._open_until - now
        self._open_until = now + self._pause_s
        return 0.0

    def on_done(self, now: float, *, answered: bool) -> None:
        """`answered`: there was an answer, whether yes or no."""
        if answered:
            self._failed = 0
            return
        self._failed += 1
        if self.is_open:
            self._open_until = now + self._pause_s
