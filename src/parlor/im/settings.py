"""Settings of instant messaging, section `im`."""

from __future__ import annotations

import msgspec


class ImSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`max_group_members` counts the one who makes the group.

    `max_page_*` bound one answer; asking for more gives that many. `remembered_members` is how
    many memberships the process keeps in memory (about 100 bytes each) to announce without
    asking the database. `announce_limit_s`: a bus that takes longer loses the announcement, not
    the message. Up to `announce_members` members are named in an announcement; in a larger
    conversation every gateway looks up once which of its people are members.
    """

    max_group_members: int = 500
    max_mentions: int = 50
    max_page_events: int = 200
    max_page_conversations: int = 100
    max_page_members: int = 500
    remembered_members: int = 500_000
    announce_members: int = 500
    announce_limit_s: float = 2.0
