"""Accounts, sign-ins, keys, conversations and their event logs."""

import sqlalchemy as sa
from alembic import op

from parlor.drivers.sql.types import Body, Digest, Id, Name, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _sign_ins()
    _conversations()


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("display_name", Name, nullable=False),
        sa.Column("password_hash", Name, nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "user_words",
        sa.Column("word", Name, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_words_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "user_id", name="pk_user_words"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_user_words_user_id", "user_words", ["user_id"])


def _sign_ins() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", Name, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("device", Name, nullable=False),
        sa.Column("token_hash", Digest, nullable=False),
        sa.Column("token_expires_at", sa.Double(), nullable=False),
        sa.Column("refresh_hash", Digest, nullable=False),
        sa.Column("refresh_expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
        sa.UniqueConstraint("refresh_hash", name="uq_sessions_refresh_hash"),
        sa.UniqueConstraint("user_id", "device", name="uq_sessions_user_id_device"),
    )
    op.create_index("ix_sessions_refresh_expires_at", "sessions", ["refresh_expires_at"])
    op.create_table(
        "spent_refreshes",
        sa.Column("refresh_hash", Digest, nullable=False),
        sa.Column("session_id", Name, nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name="fk_spent_refreshes_session_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("refresh_hash", name="pk_spent_refreshes"),
    )
    op.create_index("ix_spent_refreshes_session_id", "spent_refreshes", ["session_id"])
    op.create_table(
        "api_keys",
        sa.Column("key_hash", Digest, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("scopes", Words, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name="pk_api_keys"),
        sa.UniqueConstraint("name", name="uq_api_keys_name"),
    )
    op.create_table(
        "set_up_links",
        sa.Column("link_hash", Digest, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("link_hash", name="pk_set_up_links"),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("title", Name, nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("active_at", sa.BigInteger(), nullable=False),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("low_user_id", sa.BigInteger()),
        sa.Column("high_user_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint(
            "low_user_id", "high_user_id", name="uq_conversations_low_user_id_high_user_id"
        ),
    )
    op.create_table(
        "members",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("role", Name, nullable=False),
        sa.Column("joined_seq", sa.BigInteger(), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_members_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_members_user_id"),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name="pk_members"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_members_user_id", "members", ["user_id"])
    op.create_table(
        "events",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("sender_id", Id, nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", Name),
        sa.Column("text", Words, nullable=False),
        sa.Column("rest", Body),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_events_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name="pk_events"),
        sa.UniqueConstraint(
            "conversation_id",
            "sender_id",
            "client_id",
            name="uq_events_conversation_id_sender_id_client_id",
        ),
        sqlite_with_rowid=False,
    )
