"""Telling people's own devices what was put into their self logs, after it was stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.im.announce import Announcements
from parlor.model.ids import ConversationId
from parlor.model.self_log import Entry
from parlor.wire.native.pushes import SelfPush, self_entry


class News(Protocol):
    """Whoever tells what was put into the self logs."""

    async def tell(self, entries: Sequence[Entry]) -> None: ...


class SelfNews:
    def __init__(self, announcements: Announcements) -> None:
        self._announcements = announcements

    async def tell(self, entries: Sequence[Entry]) -> None:
        """Each to all devices of its owner, in their order. Best effort, as all announcements."""
        for entry in entries:
            about = ConversationId(entry.key)
            await self._announcements.tell(
                [entry.user_id], SelfPush(self_entry(entry)), about=about
            )
