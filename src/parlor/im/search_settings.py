"""Looking for messages, and the index of what was said: section `search` of the settings."""

from __future__ import annotations

import msgspec


class SearchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`max_query_chars` are those of what is looked for. A page has at most `max_page_hits`; for
    one page the index is asked at most `max_looks` times, after which the page may hold fewer.

    The index is kept up behind the senders: what was said is collected for `collect_s`, then up to
    `batch_conversations` are indexed in one transaction, with `batch_events` events each, and for
    at most `share` of the time, so that sending goes on. While more than `busy_events_per_s` are
    stored it gives way: `busy_rest_s` (seconds) lie between two batches, and the index falls
    behind until there is time. `max_waiting` conversations are known to
    wait (about 100 bytes each); when there are more, all are looked through, as at each start and
    every `look_through_s` for what another process has left behind.
    """

    max_query_chars: int = 128
    max_page_hits: int = 50
    max_looks: int = 4
    collect_s: float = 0.2
    batch_conversations: int = 8
    batch_events: int = 10
    share: float = 0.25
    busy_events_per_s: int = 1_000
    busy_rest_s: float = 1.0
    max_waiting: int = 100_000
    look_through_s: float = 600.0

    def __post_init__(self) -> None:
        """Raises ValueError."""
        for name in (
            "max_query_chars", "max_page_hits", "max_looks", "batch_conversations", "batch_events",
            "max_waiting", "busy_events_per_s",
        ):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is below 1")
        if not 0 < self.share <= 1:
            raise ValueError("share is above 0 and at most 1")
        for name in ("collect_s", "look_through_s", "busy_rest_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is not above 0")
