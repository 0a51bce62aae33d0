"""What later events have made of messages, and what waits for its time. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from parlor.drivers.sql.tables import metadata
from parlor.drivers.sql.types import Body, Id, Words, short

# A row for each message that something has happened to; most have none.
message_states = Table(
    "message_states",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("changed_seq", BigInteger, nullable=False),
    Column("text", Words),
    # JSON: the seqs of the edits, oldest first; empty for none.
    Column("edits", Words, nullable=False, default=""),
    # Null and 0: nobody took it back, it is not pinned.
    Column("recalled_by", BigInteger),
    Column("pinned_seq", BigInteger, nullable=False, default=0),
    Index("ix_message_states_conversation_id_pinned_seq", "conversation_id", "pinned_seq"),
    sqlite_with_rowid=False,
)

reactions = Table(
    "reactions",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("emoji", short(64), primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    # The event that gave it: those who came first are shown first.
    Column("at_seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

expiring = Table(
    "expiring",
    metadata,
    Column("expires_at", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# A message that is to be sent at a time. `id` is the client_id that it will have.
scheduled = Table(
    "scheduled",
    metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("id", short(64), primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    # JSON of `model.event.Draft`.
    Column("draft", Body, nullable=False),
)
