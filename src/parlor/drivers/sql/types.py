"""What columns hold, in the words of each engine: SQLite, PostgreSQL, MySQL and MariaDB.

SQLite takes any length in any column; MySQL wants to know it, and indexes no text without one.
Every text compares byte for byte, as SQLite does by itself: PostgreSQL by the collation `C` of the
column, MySQL by that of the database (`drivers.mysql` sets it). So order, prefixes and equality
mean the same everywhere. Used by `tables` and by the migrations.
"""

from __future__ import annotations

from sqlalchemy import VARBINARY, VARCHAR, BigInteger, Integer, LargeBinary, String, Text

MAX_NAME_CHARS = 255

# SQLite makes only a column of the exact type INTEGER the row id itself.
Id = BigInteger().with_variant(Integer(), "sqlite")
"""53 bits, decimal outside."""
Name = (
    Text()
    .with_variant(Text(collation="C"), "postgresql")
    .with_variant(VARCHAR(MAX_NAME_CHARS), "mysql")
)
"""Text that is compared, sorted or a key: at most 255 characters, which MySQL enforces."""
Words = Text().with_variant(Text(2**20), "mysql")
"""Text that is only kept: MEDIUMTEXT in MySQL, whose TEXT ends at 64 kB."""
Digest = LargeBinary().with_variant(VARBINARY(64), "mysql")
"""Bytes that are a key: at most 64."""
Body = LargeBinary().with_variant(LargeBinary(2**25), "mysql")
"""Bytes of any size: LONGBLOB in MySQL, whose BLOB ends at 64 kB."""


def short(max_chars: int) -> String:
    """Text of at most so many characters, which may be a key and may have a default."""
    return String(max_chars).with_variant(VARCHAR(max_chars, collation="C"), "postgresql")
