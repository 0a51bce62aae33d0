"""When to ask a publisher for a key frame: many receivers wish, few requests go out.

A key frame costs ten times a usual one and everybody gets it, so wishes are joined. Browsers ignore
a request that comes soon after a key frame, and a receiver that has not seen a picture yet cannot
complain: a wish stays until a key frame has begun, and is repeated more and more rarely.
"""

from __future__ import annotations

FIRST_S = 0.5
"""Between two requests to one layer at least. Chromium ignores those within 0.3 s of a key frame,
and a receiver that asks all the time must not make the stream of everybody out of them."""
LONGEST_S = 2.0


class KeyWish:
    __slots__ = ("_asked_at", "_times", "wanted")

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._times = 0
        self.wanted = False

    def wish(self) -> None:
        """Somebody needs one. `due` says when to ask."""
        self.wanted = True

    def due(self, now: float, round_trip_s: float) -> bool:
        """Whether to ask now; then it counts as asked."""
        if not self.wanted:
            return False
        if self._asked_at is not None:
            wait_s = min(FIRST_S * 2.0 ** max(0, self._times - 1), LONGEST_S)
            if now < self._asked_at + max(wait_s, 1.5 * round_trip_s):
                return False
        self._asked_at = now
        self._times += 1
        return True

    def on_key(self) -> None:
        """One has begun, or nobody waits any more: what was wished before is served."""
        self.wanted = False
        self._times = 0
