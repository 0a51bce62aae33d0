"""When the messages to one room leave: the rule of joining, as a function of time.

Joining 20 messages makes each delivery cost a fifth or less, at the price of waiting. The native
rule lets the first message to a quiet room leave at once and joins only under load; goim's rule
(`first_at_once=False`) waits from the first message on. Called by `push.rooms` and the goim door,
which own the clocks and do the sending.
"""

from __future__ import annotations

from parlor.model.push import Push


class Coalescer:
    """The messages of one room that wait for each other. Times are monotonic seconds.

    At most `max_count` wait, for at most `window_s` from the first of them. `window_s` may be
    changed between calls. After `idle_s` without a message it may be forgotten.
    """

    __slots__ = (
        "_first_at_once",
        "_left_at",
        "_waiting",
        "due_at",
        "idle_s",
        "max_count",
        "window_s",
    )

    def __init__(
        self, max_count: int, window_s: float, idle_s: float, *, first_at_once: bool = False
    ) -> None:
        self.max_count = max_count
        self.window_s = window_s
        self.idle_s = idle_s
        self.due_at: float | None = None
        """When `due` has to be called next; None while nothing waits."""
        self._first_at_once = first_at_once
        self._waiting: list[Push] = []
        self._left_at: float | None = None

    def add(self, now: float, push: Push) -> tuple[Push, ...]:
        """What has to leave now, `push` last; empty when it waits until `due_at`."""
        self._waiting.append(push)
        if self.due_at is None:
            self.due_at = self._due_at(now)
        if len(self._waiting) >= self.max_count or now >= self.due_at:
            return self._leave(now)
        return ()

    def due(self, now: float) -> tuple[Push, ...]:
        """What has to leave by `now`; empty when it is too early or nothing waits."""
        if self.due_at is None or now < self.due_at:
            return ()
        return self._leave(now)

    def take(self, now: float) -> tuple[Push, ...]:
        """Everything that waits, due or not: something that may not join it comes behind."""
        return self._leave(now) if self._waiting else ()

    def is_idle(self, now: float) -> bool:
        """Whether forgetting this coalescer loses nothing."""
        if self._waiting:
            return False
        return self._left_at is None or now - self._left_at >= self.idle_s

    def _due_at(self, now: float) -> float:
        if not self._first_at_once:
            return now + self.window_s
        if self._left_at is None:
            return now
        return max(now, self._left_at + self.window_s)

    def _leave(self, now: float) -> tuple[Push, ...]:
        leaving = tuple(self._waiting)
        self._waiting.clear()
        self._left_at = now
        self.due_at = None
        return leaving
