"""Work that must be over before another process may go on with the same store."""

from __future__ import annotations

import asyncio
from types import TracebackType

from parlor.model.errors import Draining


class InFlight:
    """Each piece of work is a `with` block. Belongs to one loop."""

    def __init__(self) -> None:
        self._count = 0
        self._is_settled = asyncio.Event()
        self._is_settled.set()
        self.is_closed = False

    async def close(self) -> None:
        """Let nothing more begin; returns when what has begun is over."""
        self.is_closed = True
        await self._is_settled.wait()

    def __enter__(self) -> None:
        """Raises Draining once closed."""
        if self.is_closed:
            raise Draining(retry_after_s=1.0)
        self._count += 1
        self._is_settled.clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._count -= 1
        if not self._count:
            self._is_settled.set()
