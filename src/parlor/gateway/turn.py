"""One write per connection and turn of the loop.

Whatever is put into outboxes during a turn marks their streams here once; the streams write when
the turn ends. That is what joins the frames of a burst into one system call each.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Flushed(Protocol):
    def flush(self) -> None:
        """Write what waits. May not raise: the others of this turn come after it."""


class Turn:
    """Belongs to one loop. `add` the same stream at most once before its `flush`."""

    __slots__ = ("_loop", "_woken")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._woken: list[Flushed] = []

    def add(self, stream: Flushed) -> None:
        if not self._woken:
            self._loop.call_soon(self.flush)
        self._woken.append(stream)

    def flush(self) -> None:
        """Write for all that were added. What is added meanwhile has its own turn."""
        woken, self._woken = self._woken, []
        for stream in woken:
            stream.flush()
