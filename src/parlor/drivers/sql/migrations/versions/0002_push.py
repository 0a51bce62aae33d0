"""The push gateway: what waits for those who are away, and what keys may do."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keys()


def _keys() -> None:
    """Made anew, since SQLite adds no column that must be there and be unique."""
    rows = op.get_bind().execute(sa.text("SELECT key_hash, name, scopes FROM api_keys")).all()
    op.drop_table("api_keys")
    api_keys = op.create_table(
        "api_keys",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("last_used_at", sa.Double(), nullable=False),
        sa.Column("quota", sa.Text(), nullable=False),
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
