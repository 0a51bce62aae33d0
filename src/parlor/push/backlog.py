"""How much was accepted and not yet handed to connections, and waiting until it is less.

The bus never waits: a process that accepts faster than it delivers would lose, of the pushes it
has accepted, the oldest. So whoever accepts from outside asks here first. Called by the API.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from parlor.model.errors import Overloaded

STEP_S = 0.005


class Backlog:
    """`waiting` says how many bus messages this process has not delivered yet; more than
    `max_waiting` of them hold new ones back for `patience_s` at most."""

    def __init__(
        self,
        waiting: Callable[[], int],
        max_waiting: int,
        patience_s: float,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.waiting = waiting
        self._sleep = sleep
        self.apply(max_waiting, patience_s)

    def apply(self, max_waiting: int, patience_s: float) -> None:
        """From the next push on."""
        self._max_waiting = max_waiting
        self._steps = max(1, round(patience_s / STEP_S))

    async def wait_for_place(self) -> None:
        """Returns at once in the ordinary case. Raises Overloaded."""
        if self.waiting() < self._max_waiting:
            return
        for _ in range(self._steps):
            await self._sleep(STEP_S)
            if self.waiting() < self._max_waiting:
                return
        raise Overloaded("More pushes wait for delivery than may.", retry_after_s=1.0)
