"""Small pictures of people and groups, each under an id that is made of its bytes."""

from __future__ import annotations

from typing import Protocol


class Pictures(Protocol):
    async def put(self, id: str, type: str, body: bytes, at_ms: int) -> None:
        """One that is there already is kept, and counts as put now."""

    async def get(self, id: str) -> tuple[str, bytes] | None:
        """(media type, bytes)."""

    async def drop_unused(self, before_ms: int, limit: int) -> int:
        """Forget at most `limit` that were put before that time and are nobody's now."""
