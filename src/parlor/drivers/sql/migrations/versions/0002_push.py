"""The push gateway: what waits for those who are away, and what keys may do."""

import sqlalchemy as sa
from alembic import op

from parlor.drivers.sql.types import Body, Digest, Id, Name, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _revocations()
    _mailbox()
    _log()
    _keys()


def _mailbox() -> None:
    op.create_table(
        "mail_pushes",
        sa.Column("push_id", Name, nullable=False),
        sa.Column("push", Body, nullable=False),
        sa.PrimaryKeyConstraint("push_id", name="pk_mail_pushes"),
    )
    op.create_table(
        "mail",
        sa.Column("user_id", Name, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", Name, nullable=False),
        sa.Column("push_id", Name, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("put_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["push_id"], ["mail_pushes.push_id"], name="fk_mail_push_id"),
        sa.PrimaryKeyConstraint("user_id", "number", name="pk_mail"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mail_push_id", "mail", ["push_id"])
    op.create_index("ix_mail_put_at", "mail", ["put_at"])
    op.create_table(
        "mail_boxes",
        sa.Column("user_id", Name, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_mail_boxes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mail_boxes_entries_used_at", "mail_boxes", ["entries", "used_at"])
    op.create_table(
        "mail_cursors",
        sa.Column("user_id", Name, nullable=False),
        sa.Column("device", Name, nullable=False),
        sa.Column("acked", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "device", name="pk_mail_cursors"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mail_cursors_device", "mail_cursors", ["device"])
    op.create_index("ix_mail_cursors_seen_at", "mail_cursors", ["seen_at"])


def _log() -> None:
    op.create_table(
        "logs",
        sa.Column("name", Name, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_logs"),
    )
    op.create_table(
        "log_entries",
        sa.Column("log", Name, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("body", Body, nullable=False),
        sa.PrimaryKeyConstraint("log", "position", name="pk_log_entries"),
    )
    op.create_table(
        "log_groups",
        sa.Column("log", Name, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log", "name", name="pk_log_groups"),
    )
    op.create_table(
        "log_keys",
        sa.Column("log", Name, nullable=False),
        sa.Column("key", Name, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("put_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", Body, nullable=False),
        sa.PrimaryKeyConstraint("log", "key", name="pk_log_keys"),
    )
    op.create_index("ix_log_keys_log_position", "log_keys", ["log", "position"])
    op.create_table(
        "log_asides",
        sa.Column("log", Name, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("put_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("body", Body, nullable=False),
        sa.PrimaryKeyConstraint("log", "position", name="pk_log_asides"),
    )


def _revocations() -> None:
    op.create_table(
        "revocations",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("value", Name, nullable=False),
        sa.Column("before", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revocations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_revocations_expires_at", "revocations", ["expires_at"])


def _keys() -> None:
    """Made anew, since SQLite adds no column that must be there and be unique."""
    rows = op.get_bind().execute(sa.text("SELECT key_hash, name, scopes FROM api_keys")).all()
    op.drop_table("api_keys")
    api_keys = op.create_table(
        "api_keys",
        sa.Column("key_hash", Digest, nullable=False),
        sa.Column("id", Name, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("scopes", Words, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("last_used_at", sa.Double(), nullable=False),
        sa.Column("quota", Words, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name="pk_api_keys"),
        sa.UniqueConstraint("id", name="uq_api_keys_id"),
        sa.UniqueConstraint("name", name="uq_api_keys_name"),
    )
    known = {"created_at": 0.0, "expires_at": 0.0, "last_used_at": 0.0, "quota": "{}"}
    keys = [
        {"key_hash": key_hash, "id": key_hash[:6].hex(), "name": name, "scopes": scopes, **known}
        for key_hash, name, scopes in rows
    ]
    if keys:
        op.bulk_insert(api_keys, keys)
