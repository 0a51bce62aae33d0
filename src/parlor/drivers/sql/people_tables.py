"""Who knows whom, and pictures of people and groups. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from parlor.drivers.sql.tables import metadata
from parlor.drivers.sql.types import Body, Id, Words, short

# One side's view: a request that was sent or has come, or a contact.
contacts = Table(
    "contacts",
    metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("peer_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("state", short(16), nullable=False),
    Column("remark", Words, nullable=False),
    # JSON: a list of words.
    Column("tags", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_contacts_peer_id", "peer_id"),
    Index("ix_contacts_state_at_ms", "state", "at_ms"),
    sqlite_with_rowid=False,
)

blocks = Table(
    "blocks",
    metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("blocked_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_blocks_blocked_id", "blocked_id"),
    sqlite_with_rowid=False,
)

# `id` is made of the bytes, so a picture never changes under its name.
avatars = Table(
    "avatars",
    metadata,
    Column("id", short(64), primary_key=True),
    Column("type", short(32), nullable=False),
    Column("body", Body, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_avatars_at_ms", "at_ms"),
)
