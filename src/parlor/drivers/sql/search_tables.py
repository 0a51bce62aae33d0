"""The index of what was said: made of the logs, and made again from them at any time.

It is not copied with the rest of a database (`drivers.sql.copying`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from parlor.drivers.sql.tables import metadata
from parlor.drivers.sql.types import Id, short

DERIVED = {"derived": True}
"""Marks a table whose rows follow from those of others."""
MAX_WORD_CHARS = 24

# No foreign key: a look at the conversation for each word would cost as much as the word.
search_words = Table(
    "search_words",
    metadata,
    Column("conversation_id", Id, primary_key=True, autoincrement=False),
    Column("word", short(MAX_WORD_CHARS), primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    info=DERIVED,
)

# How far the index of a conversation is in its log.
search_positions = Table(
    "search_positions",
    metadata,
    Column("conversation_id", Id, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    info=DERIVED,
)
