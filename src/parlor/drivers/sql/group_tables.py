"""Ways into groups, and what was done by whom. See `tables`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from parlor.drivers.sql.tables import metadata
from parlor.drivers.sql.types import Id, Words, short

# Times are Unix milliseconds; 0: never, no limit.
group_links = Table(
    "group_links",
    metadata,
    Column("code", short(64), primary_key=True),
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("made_by", Id, ForeignKey("users.id"), nullable=False),
    # What its maker called the request that made it.
    Column("client_id", short(64), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("max_uses", Integer, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("ended", Boolean, nullable=False),
    UniqueConstraint("conversation_id", "made_by", "client_id"),
)

join_requests = Table(
    "join_requests",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("text", Words, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    # The member who wants this person in; 0: they ask themselves.
    Column("invited_by", BigInteger, nullable=False, server_default="0"),
    Index("ix_join_requests_conversation_id_at_ms", "conversation_id", "at_ms"),
    sqlite_with_rowid=False,
)

# Those who are no members any more, for lists that are brought up to date (`members.changed_seq`).
departures = Table(
    "departures",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("left_seq", BigInteger, nullable=False),
    # As in `members`: going and coming again ends no silence.
    Column("muted_until", BigInteger, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Index("ix_departures_conversation_id_left_seq", "conversation_id", "left_seq"),
    sqlite_with_rowid=False,
)

# Only ever added to, until entries are past their retention.
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    # A user's id, or the name of a key; and what it was done to.
    Column("actor", short(128), nullable=False),
    Column("act", short(64), nullable=False),
    Column("subject", short(128), nullable=False, index=True),
    # JSON.
    Column("body", Words, nullable=False),
    sqlite_autoincrement=True,
)
