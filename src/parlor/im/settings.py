"""Settings of instant messaging, section `im`."""

from __future__ import annotations

import msgspec


class ImSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`max_group_members` counts the one who makes the group; so many come in or are removed by
    one request at most (`max_members_per_request`). A group has at most `max_group_links` that
    work, and `max_join_requests` who wait to be let in. `longest_link_s`, `longest_mute_s` and
    `longest_slow_mode_s` bound what one may ask for, in seconds. How many members of a group are
    connected is counted anew after `online_counted_s`, for `online_counts` groups at most.

    `max_page_*` bound one answer; asking for more gives that many. `remembered_members` is how
    many memberships the process keeps in memory (about 100 bytes each) to announce without
    asking the database, each for `roster_kept_s`: so long may another process's changes go
    unnoticed here. `announce_limit_s`: a bus that takes longer loses the announcement, not the
    message. Up to `announce_members` members are named in an announcement; in a larger
    conversation every gateway looks up once which of its people are members.

    `max_expiry_s` is the longest time after which a message may be told to vanish. A page of
    events ends where its texts would have more than `max_page_chars`, after one event at least.

    Catching up: a page of changes has at most `max_sync_events` events, `sync_events_each` of one
    conversation and about `max_sync_bytes`. Of a conversation that is new to a device it gets the
    newest `first_sync_events`; 0: none before somebody looks, -1: all, from the first on. A device
    may say of `max_have` conversations what it has; one request looks at `max_heads`.

    One's own: at most `max_own_settings` settings of `max_own_setting_bytes`, `max_stars` starred
    messages, drafts of `max_draft_chars`.

    Events are kept for `retention_days`, 0 for ever; that something of one's own is gone is told
    for `tombstone_days`, and a device that was away longer starts anew. The audit log is kept for
    `audit_days`, 0 for ever. All are looked after every `retention_every_s`, `retention_batch`
    entries at a time.
    """

    max_group_members: int = 100_000
    max_members_per_request: int = 500
    max_group_links: int = 20
    max_join_requests: int = 1_000
    longest_link_s: int = 366 * 86_400
    longest_mute_s: int = 366 * 86_400
    longest_slow_mode_s: int = 3_600
    online_counted_s: float = 5.0
    online_counts: int = 10_000
    max_mentions: int = 50
    max_expiry_s: int = 31_536_000
    max_page_events: int = 200
    max_page_chars: int = 1_000_000
    max_page_conversations: int = 100
    max_page_members: int = 500
    max_page_entries: int = 500
    max_page_stars: int = 100
    max_sync_events: int = 1_000
    max_sync_bytes: int = 262_144
    sync_events_each: int = 50
    first_sync_events: int = 20
    max_have: int = 10_000
    max_heads: int = 10_000
    max_own_settings: int = 200
    max_own_setting_bytes: int = 4_096
    max_stars: int = 10_000
    max_draft_chars: int = 4_096
    retention_days: float = 0.0
    tombstone_days: float = 90.0
    audit_days: float = 400.0
    retention_every_s: float = 3_600.0
    retention_batch: int = 1_000
    remembered_members: int = 500_000
    roster_kept_s: float = 300.0
    announce_members: int = 500
    announce_limit_s: float = 2.0

    def __post_init__(self) -> None:
        for name in (
            "max_sync_events", "sync_events_each", "max_heads", "max_page_conversations",
            "max_page_entries", "max_page_stars", "retention_batch",
        ):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is below 1")
        for name in ("retention_days", "audit_days"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is below 0")
        if self.tombstone_days <= 0:
            raise ValueError("tombstone_days is not above 0")
        if self.retention_every_s <= 0:
            raise ValueError("retention_every_s is not above 0")
