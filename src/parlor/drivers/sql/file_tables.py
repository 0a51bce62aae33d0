"""Files that people send, those on their way, and the messages that refer to them. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, false

from parlor.drivers.sql.tables import metadata
from parlor.drivers.sql.types import Id, Words, short

# Bytes that are kept, or are about to be: the row is there before they are and after.
blobs = Table(
    "blobs",
    metadata,
    Column("name", short(64), primary_key=True),
    Column("claimed_at", BigInteger, nullable=False, index=True),
    # Nobody may refer to it any more: its bytes are being removed.
    Column("doomed", Boolean, nullable=False, server_default=false()),
)

files = Table(
    "files",
    metadata,
    Column("id", short(32), primary_key=True),
    Column("owner_id", Id, ForeignKey("users.id"), nullable=False),
    Column("kind", short(16), nullable=False),
    Column("name", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("type", short(64), nullable=False),
    Column("blob", short(64), ForeignKey("blobs.name"), nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("preview", Words, nullable=False),
    # Empty for most files, so no foreign key: MySQL takes no empty one.
    Column("thumbnail", short(64), nullable=False),
    Column("thumbnail_size", Integer, nullable=False),
    Index("ix_files_owner_id", "owner_id", "size"),
    Index("ix_files_blob", "blob"),
    Index("ix_files_thumbnail", "thumbnail"),
    Index("ix_files_stored_at", "stored_at"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", short(32), primary_key=True),
    Column("owner_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("kind", short(16), nullable=False),
    Column("name", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", short(64), nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# One for each file of each message that can still be read: recalled, expired, trimmed ones have
# none.
file_uses = Table(
    "file_uses",
    metadata,
    Column(
        "conversation_id",
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("file_id", short(32), ForeignKey("files.id"), primary_key=True),
    # Unix ms; 0: never. Nobody may read it from then on, though the row goes a little later.
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_file_uses_file_id", "file_id"),
    sqlite_with_rowid=False,
)
