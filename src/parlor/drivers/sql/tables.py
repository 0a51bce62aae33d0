"""The tables, as SQLAlchemy Core sees them. A change here needs a revision in `migrations`.

Those of messages, groups, people and of what is each person's own are in modules beside this;
`schema` has them all.

Ids are 53-bit integers. Times called `_at` are Unix seconds for accounts (what expires) and
Unix milliseconds for conversations (what people see). SQLite keeps the tables that are read
by ranges of their key without a row id, so that one conversation's history lies together.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    false,
)

from parlor.drivers.sql.types import Body, Digest, Id, Name, Words, short

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Name, nullable=False, unique=True),
    Column("display_name", Name, nullable=False),
    Column("password_hash", Name, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("about", short(512), nullable=False, server_default=""),
    # Id of a row of `avatars`, empty for none.
    Column("avatar", short(64), nullable=False, server_default=""),
    # JSON of the person's privacy flags and of the state they have chosen; empty: the defaults.
    Column("privacy", short(1024), nullable=False, server_default=""),
    Column("status", short(1024), nullable=False, server_default=""),
    # Unix milliseconds, 0: never.
    Column("last_seen_at", BigInteger, nullable=False, server_default="0"),
    Index("ix_users_avatar", "avatar"),
)

# What a person is found by: the account name and each tail of the display name that begins
# with a word, folded. A prefix of one of them finds the person, by the index alone.
user_words = Table(
    "user_words",
    metadata,
    Column("word", Name, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_user_words_user_id", "user_id"),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Name, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("device", Name, nullable=False),
    Column("token_hash", Digest, nullable=False, unique=True),
    Column("token_expires_at", Double, nullable=False),
    Column("refresh_hash", Digest, nullable=False, unique=True),
    Column("refresh_expires_at", Double, nullable=False, index=True),
    # What the person sees in the list of their devices. Times are Unix milliseconds.
    Column("platform", short(32), nullable=False, server_default=""),
    Column("label", short(128), nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False, server_default="0"),
    Column("last_seen_at", BigInteger, nullable=False, server_default="0"),
    Column("address", short(64), nullable=False, server_default=""),
    UniqueConstraint("user_id", "device"),
)

spent_refreshes = Table(
    "spent_refreshes",
    metadata,
    Column("refresh_hash", Digest, primary_key=True),
    Column(
        "session_id",
        Name,
        ForeignKey("sessions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("expires_at", Double, nullable=False),
)

# What must not be accepted although its signature is good. The ids only grow, also when the
# newest rows have been deleted: whoever has read up to one asks for what is above it.
revocations = Table(
    "revocations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Name, nullable=False),
    Column("value", Name, nullable=False),
    Column("before", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_hash", Digest, primary_key=True),
    Column("id", Name, nullable=False, unique=True),
    Column("name", Name, nullable=False, unique=True),
    Column("scopes", Words, nullable=False),
    # 0: not known, never, not yet.
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("last_used_at", Double, nullable=False),
    # JSON of `model.account.Quota`.
    Column("quota", Words, nullable=False),
)

set_up_links = Table(
    "set_up_links",
    metadata,
    Column("link_hash", Digest, primary_key=True),
    Column("name", Name, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("expires_at", Double, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Name, nullable=False),
    Column("title", Name, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("active_at", BigInteger, nullable=False),
    Column("member_count", Integer, nullable=False),
    # The two people of a direct conversation, smaller id first; null for a group.
    Column("low_user_id", BigInteger),
    Column("high_user_id", BigInteger),
    # JSON of `model.group.GroupSettings`, empty: the defaults.
    Column("settings", short(2048), nullable=False, server_default=""),
    Column("announcement", short(4096), nullable=False, server_default=""),
    Column("avatar", short(64), nullable=False, server_default=""),
    Column("dissolved_at", BigInteger, nullable=False, server_default="0"),
    # A plain message needs more here than membership: look at settings and dissolved_at.
    Column("restricted", Boolean, nullable=False, server_default=false()),
    # The first event that is kept: what was before is past its retention.
    Column("first_seq", BigInteger, nullable=False, server_default="1"),
    # The last message or call: the events that bring a hidden conversation back.
    Column("last_said_seq", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("low_user_id", "high_user_id"),
    Index("ix_conversations_avatar", "avatar"),
)

members = Table(
    "members",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("role", Name, nullable=False),
    Column("joined_seq", BigInteger, nullable=False),
    Column("read_seq", BigInteger, nullable=False),
    Column("history_from", BigInteger, nullable=False, server_default="0"),
    Column("muted_until", BigInteger, nullable=False, server_default="0"),
    Column("barred", Boolean, nullable=False, server_default=false()),
    # When the member last said something, kept where there is a slow mode.
    Column("said_at", BigInteger, nullable=False, server_default="0"),
    # The event that last changed the member's place: coming in, role, muting.
    Column("changed_seq", BigInteger, nullable=False, server_default="0"),
    Index("ix_members_user_id", "user_id"),
    Index("ix_members_conversation_id_changed_seq", "conversation_id", "changed_seq"),
    Index("ix_members_conversation_id_role", "conversation_id", "role"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    # Of `EventKind`, or what `event_rows` has for a message that says nothing any more.
    Column("kind", Name, nullable=False),
    Column("sender_id", Id, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    # Null for events that the server makes: those are never compared.
    Column("client_id", Name),
    Column("text", Words, nullable=False),
    # JSON of what only some kinds have; null when there is nothing.
    Column("rest", Body),
    UniqueConstraint("conversation_id", "sender_id", "client_id"),
    sqlite_with_rowid=False,
)

# One body, however many users it waits for; gone with the last of them.
mail_pushes = Table(
    "mail_pushes",
    metadata,
    Column("push_id", Name, primary_key=True),
    Column("push", Body, nullable=False),
)

# User ids are strings here: customers' own users have no account. `device` is empty for mail
# that is for all of the user's devices.
mail = Table(
    "mail",
    metadata,
    Column("user_id", Name, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("device", Name, nullable=False),
    Column("push_id", Name, ForeignKey("mail_pushes.push_id"), nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("put_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

mail_boxes = Table(
    "mail_boxes",
    metadata,
    Column("user_id", Name, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Index("ix_mail_boxes_entries_used_at", "entries", "used_at"),
    sqlite_with_rowid=False,
)

mail_cursors = Table(
    "mail_cursors",
    metadata,
    Column("user_id", Name, primary_key=True),
    Column("device", Name, primary_key=True, index=True),
    Column("acked", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

# `total` counts the bytes of all bodies ever appended, up to and with this one: what waits is
# the difference of two totals.
logs = Table(
    "logs",
    metadata,
    Column("name", Name, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
)

log_entries = Table(
    "log_entries",
    metadata,
    Column("log", Name, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("total", BigInteger, nullable=False),
    Column("body", Body, nullable=False),
)

log_groups = Table(
    "log_groups",
    metadata,
    Column("log", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
)

log_keys = Table(
    "log_keys",
    metadata,
    Column("log", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("put_at", BigInteger, nullable=False),
    Column("answer", Body, nullable=False),
    Index("ix_log_keys_log_position", "log", "position"),
)

log_asides = Table(
    "log_asides",
    metadata,
    Column("log", Name, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("put_at", BigInteger, nullable=False),
    Column("reason", Words, nullable=False),
    Column("body", Body, nullable=False),
)
