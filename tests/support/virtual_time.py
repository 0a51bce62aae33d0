"""An event loop in which nobody waits: when nothing is ready, time jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of sleeping, moves `at` on."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 1_000.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise AssertionError("nothing will ever happen again")
            self.at += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Also a clock, as the services take it."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return float(self._jumping.at)

    now = time

    def unix_ms(self) -> int:
        return int((1_800_000_000 + self.time()) * 1000)


def run_virtual(work: Coroutine[Any, Any, Value]) -> Value:
    """Run `work` in a loop of its own; `asyncio.get_running_loop()` inside is its clock."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
