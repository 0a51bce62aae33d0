"""Instant messaging: message states, self logs, groups, people."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from parlor.drivers.sql.types import Body, Id, Words, short

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _columns()
    _messages()
    _self()
    _groups()
    _people()


def _columns() -> None:
    for table, columns in _NEW.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    op.create_index("ix_users_avatar", "users", ["avatar"])
    op.create_index("ix_conversations_avatar", "conversations", ["avatar"])
    op.execute("UPDATE members SET changed_seq = joined_seq")
    for column in ("changed_seq", "role"):
        name = f"ix_members_conversation_id_{column}"
        op.create_index(name, "members", ["conversation_id", column])


_NEW: dict[str, list[tuple[str, Any, Any]]] = {
    "users": [
        ("about", short(512), ""),
        ("avatar", short(64), ""),
        ("privacy", short(1024), ""),
        ("status", short(1024), ""),
        ("last_seen_at", sa.BigInteger(), "0"),
    ],
    "sessions": [
        ("platform", short(32), ""),
        ("label", short(128), ""),
        ("created_at", sa.BigInteger(), "0"),
        ("last_seen_at", sa.BigInteger(), "0"),
        ("address", short(64), ""),
    ],
    "conversations": [
        ("settings", short(2048), ""),
        ("announcement", short(4096), ""),
        ("avatar", short(64), ""),
        ("dissolved_at", sa.BigInteger(), "0"),
        ("restricted", sa.Boolean(), sa.false()),
        ("first_seq", sa.BigInteger(), "1"),
        ("last_said_seq", sa.BigInteger(), "0"),
    ],
    "members": [
        ("history_from", sa.BigInteger(), "0"),
        ("muted_until", sa.BigInteger(), "0"),
        ("barred", sa.Boolean(), sa.false()),
        ("said_at", sa.BigInteger(), "0"),
        ("changed_seq", sa.BigInteger(), "0"),
    ],
}


def _messages() -> None:
    op.create_table(
        "message_states",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_seq", sa.BigInteger(), nullable=False),
        sa.Column("text", Words, nullable=True),
        sa.Column("edits", Words, nullable=False),
        sa.Column("recalled_by", sa.BigInteger(), nullable=True),
        sa.Column("pinned_seq", sa.BigInteger(), nullable=False),
        sa.Column("reactions", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_message_states_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name="pk_message_states"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_message_states_conversation_id_pinned_seq",
        "message_states",
        ["conversation_id", "pinned_seq"],
    )
    op.create_table(
        "reactions",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("emoji", short(64), nullable=False),
        sa.Column("at_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_reactions_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", "user_id", "emoji", name="pk_reactions"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_reactions_conversation_id_seq_at_seq",
        "reactions",
        ["conversation_id", "seq", "at_seq"],
    )
    op.create_table(
        "mentions",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sender_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_mentions_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", "seq", name="pk_mentions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "expiring",
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_expiring_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("expires_at", "conversation_id", "seq", name="pk_expiring"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scheduled",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("id", short(64), nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("refused", short(64), nullable=False),
        sa.Column("draft", Body, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_scheduled_user_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_scheduled_conversation_id"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_scheduled"),
    )
    op.create_index("ix_scheduled_due_at", "scheduled", ["due_at"])


def _self() -> None:
    op.create_table(
        "self_entries",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("key", short(128), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("body", Body, nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_self_entries_user_id"),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_self_entries"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_self_entries_user_id_seq", "self_entries", ["user_id", "seq"])
    op.create_index("ix_self_entries_user_id_kind_seq", "self_entries", ["user_id", "kind", "seq"])
    op.create_index("ix_self_entries_gone_at", "self_entries", ["gone_at"])
    op.create_table(
        "self_logs",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("floor_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_self_logs_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_self_logs"),
    )
    op.create_table(
        "deliveries",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("device", short(128), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_deliveries_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_deliveries_user_id"),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", "device", name="pk_deliveries"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deliveries_user_id_device", "deliveries", ["user_id", "device"])


def _groups() -> None:
    op.create_table(
        "group_links",
        sa.Column("code", short(64), nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("made_by", Id, nullable=False),
        sa.Column("client_id", short(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_group_links_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name="fk_group_links_made_by"),
        sa.PrimaryKeyConstraint("code", name="pk_group_links"),
        sa.UniqueConstraint(
            "conversation_id",
            "made_by",
            "client_id",
            name="uq_group_links_conversation_id_made_by_client_id",
        ),
    )
    op.create_index("ix_group_links_conversation_id", "group_links", ["conversation_id"])
    op.create_table(
        "join_requests",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("text", Words, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_join_requests_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_join_requests_user_id"),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name="pk_join_requests"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_join_requests_conversation_id_at_ms", "join_requests", ["conversation_id", "at_ms"]
    )
    op.create_table(
        "departures",
        sa.Column("conversation_id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("left_seq", sa.BigInteger(), nullable=False),
        sa.Column("muted_until", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_departures_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_departures_user_id"),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name="pk_departures"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_departures_conversation_id_left_seq", "departures", ["conversation_id", "left_seq"]
    )
    op.create_table(
        "audit",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", short(128), nullable=False),
        sa.Column("act", short(64), nullable=False),
        sa.Column("subject", short(128), nullable=False),
        sa.Column("body", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at_ms", "audit", ["at_ms"])
    op.create_index("ix_audit_subject", "audit", ["subject"])


def _people() -> None:
    op.create_table(
        "contacts",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("peer_id", Id, autoincrement=False, nullable=False),
        sa.Column("state", short(16), nullable=False),
        sa.Column("remark", Words, nullable=False),
        sa.Column("tags", Words, nullable=False),
        sa.Column("text", Words, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_contacts_user_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["users.id"], name="fk_contacts_peer_id"),
        sa.PrimaryKeyConstraint("user_id", "peer_id", name="pk_contacts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contacts_peer_id", "contacts", ["peer_id"])
    op.create_index("ix_contacts_state_at_ms", "contacts", ["state", "at_ms"])
    op.create_table(
        "blocks",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("blocked_id", Id, autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_blocks_user_id"),
        sa.ForeignKeyConstraint(["blocked_id"], ["users.id"], name="fk_blocks_blocked_id"),
        sa.PrimaryKeyConstraint("user_id", "blocked_id", name="pk_blocks"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id"])
    op.create_table(
        "avatars",
        sa.Column("id", short(64), nullable=False),
        sa.Column("type", short(32), nullable=False),
        sa.Column("body", Body, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_avatars"),
    )
    op.create_index("ix_avatars_at_ms", "avatars", ["at_ms"])
