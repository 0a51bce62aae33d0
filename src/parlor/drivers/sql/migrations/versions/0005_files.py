"""Files: stored ones, those being uploaded, and the messages that refer to them."""

import sqlalchemy as sa
from alembic import op

from parlor.drivers.sql.types import Id, Words, short

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blobs",
        sa.Column("name", short(64), primary_key=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False, index=True),
        sa.Column("doomed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "files",
        sa.Column("id", short(32), primary_key=True),
        sa.Column("owner_id", Id, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("type", short(64), nullable=False),
        sa.Column("blob", short(64), sa.ForeignKey("blobs.name"), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("preview", Words, nullable=False),
        sa.Column("thumbnail", short(64), nullable=False),
        sa.Column("thumbnail_size", sa.Integer(), nullable=False),
        sa.Index("ix_files_owner_id", "owner_id", "size"),
        sa.Index("ix_files_blob", "blob"),
        sa.Index("ix_files_thumbnail", "thumbnail"),
        sa.Index("ix_files_stored_at", "stored_at"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", short(32), primary_key=True),
        sa.Column("owner_id", Id, sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", short(64), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, index=True),
    )
    op.create_table(
        "file_uses",
        sa.Column(
            "conversation_id",
            Id,
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("file_id", short(32), sa.ForeignKey("files.id"), primary_key=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Index("ix_file_uses_file_id", "file_id"),
        sqlite_with_rowid=False,
    )
