"""Time as the services see it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Monotonic seconds, for intervals and deadlines."""

    def unix_ms(self) -> int:
        """Wall clock, Unix milliseconds, for what people see and what expires."""
