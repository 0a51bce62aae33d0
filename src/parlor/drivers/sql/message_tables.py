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
    # JSON: each emoji with how many gave it and who were first; empty for none. Kept beside the
    # rows of `reactions`, so that a page of messages costs the same however many have reacted.
    Column("reactions", Words, nullable=False, default=""),
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
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("emoji", short(64), primary_key=True),
    # The event that gave it: those who came first are shown first.
    Column("at_seq", BigInteger, nullable=False),
    Index("ix_reactions_conversation_id_seq_at_seq", "conversation_id", "seq", "at_seq"),
    sqlite_with_rowid=False,
)

# `user_id` 0: everybody.
mentions = Table(
    "mentions",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("sender_id", Id, nullable=False),
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
    Column("at_ms", BigInteger, nullable=False),
    # When it may be claimed next: `at_ms`, the end of a claim, or never once it was refused.
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("refused", short(64), nullable=False, default=""),
    # JSON of what is said.
    Column("draft", Body, nullable=False),
    # Until then somebody may be sending it.
    Column("claimed_until", BigInteger, nullable=False, server_default="0"),
)
