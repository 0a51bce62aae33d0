"""The log of what is each person's own, and how far each device has got. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from parlor.drivers.sql.tables import metadata
from parlor.drivers.sql.types import Body, Id, short

# One row per key: a new value replaces the old and takes the user's next seq. A null body says
# that the thing is gone; such rows are forgotten after a time, and `floor_seq` rises above them.
self_entries = Table(
    "self_entries",
    metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("key", short(128), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("kind", short(16), nullable=False),
    Column("body", Body),
    Column("at_ms", BigInteger, nullable=False),
    # `at_ms` of what is gone, null for the rest: those are found by it that can be forgotten.
    Column("gone_at", BigInteger),
    Index("ix_self_entries_user_id_seq", "user_id", "seq"),
    Index("ix_self_entries_user_id_kind_seq", "user_id", "kind", "seq"),
    Index("ix_self_entries_gone_at", "gone_at"),
    sqlite_with_rowid=False,
)

self_logs = Table(
    "self_logs",
    metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("floor_seq", BigInteger, nullable=False),
)

# What each device has got of a conversation. Only where receipts are given.
deliveries = Table(
    "deliveries",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("device", short(128), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Index("ix_deliveries_user_id_device", "user_id", "device"),
    sqlite_with_rowid=False,
)
