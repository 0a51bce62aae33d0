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
    asking the database. `announce_limit_s`: a bus that takes longer loses the announcement, not
    the message. Up to `announce_members` members are named in an announcement; in a larger
    conversation every gateway looks up once which of its people are members.

    `max_expiry_s` is the longest time after which a message may be told to vanish. A page of
    events ends where its texts would have more than `max_page_chars`, after one event at least.
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
    remembered_members: int = 500_000
    announce_members: int = 500
    announce_limit_s: float = 2.0
