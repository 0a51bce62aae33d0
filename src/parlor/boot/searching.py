"""Looking for messages, and the index behind it, wired."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.boot.config import Config
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.search import SqlSearch
from parlor.im.indexing import Indexing
from parlor.im.search import Search
from parlor.im.search_settings import SearchSettings
from parlor.ports.changes import Changes
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.meter import Meter


@dataclass(frozen=True, slots=True)
class Searching:
    search: Search
    indexing: Indexing


def build_searching(
    config: Config,
    database: Database,
    changes: Changes,
    conversations: Conversations,
    clock: Clock,
    meter: Meter,
) -> Searching:
    index, settings = SqlSearch(database), config.section("search", SearchSettings)
    return Searching(
        Search(index, changes, conversations, settings, clock),
        Indexing(index, settings, clock, meter),
    )
