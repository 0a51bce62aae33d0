"""What is one's own, in memory and without any conversation: enough where that is not the point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from parlor.boot.own import build_own
from parlor.drivers.memory.self_log import MemorySelfLog
from parlor.im.announce import Announcements
from parlor.im.own import Own
from parlor.im.search import Search
from parlor.im.search_settings import SearchSettings
from parlor.im.services import OwnServices
from parlor.im.settings import ImSettings
from parlor.ports.conversations import Conversations
from parlor.ports.search import Hints
from tests.support.steady import CountingMeter, HandClock, Told


class NoConversations:
    """Satisfies what is asked of `ports.conversations` and `ports.changes` for one's own things."""

    async def get(self, id: str) -> None:
        return None

    async def member(self, id: str, user: str) -> None:
        return None

    async def heads(self, *asked: object) -> Sequence[Any]:
        return []

    async def views(self, *asked: object) -> Any:
        return []

    async def pieces(self, *asked: object) -> Mapping[Any, Any]:
        return {}

    async def seq_at(self, *asked: object) -> None:
        return None

    async def events_at(self, *asked: object) -> Sequence[Any]:
        return []

    async def find(self, *asked: object) -> Hints:
        return Hints((), None)


def nothing_found() -> Search:
    """A search in no conversation at all."""
    nothing: Any = NoConversations()
    return Search(nothing, nothing, nothing, SearchSettings(), HandClock())


def own_services(told: Told | None = None, settings: ImSettings | None = None) -> OwnServices:
    nothing: Any = NoConversations()
    chosen, clock = settings or ImSettings(), HandClock()
    announcements = Announcements(told or Told(), CountingMeter(), limit_s=1.0)
    store = MemorySelfLog(cast("Conversations", nothing))
    log = Own(store, announcements, chosen, clock)
    return build_own(log, store, nothing, nothing, chosen, clock)
