"""Fast messages between processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import NewType, Protocol

Subject = NewType("Subject", str)


class Bus(Protocol):
    """At most once; order kept per (publisher, subject). Never waits for a slow subscriber:
    one that falls behind its queue loses the oldest, counted."""

    may_wait: bool
    """Whether `publish` may take longer than handing it over."""

    async def publish(self, subject: Subject, message: bytes) -> None: ...

    def subscribe(self, subject: Subject) -> AbstractAsyncContextManager[AsyncIterator[bytes]]: ...
