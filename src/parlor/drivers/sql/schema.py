"""All tables, for whoever needs every one: making a database, migrating, copying it."""

from __future__ import annotations

from parlor.drivers.sql import (
    file_tables,
    group_tables,
    message_tables,
    people_tables,
    search_tables,
    self_tables,
)
from parlor.drivers.sql.tables import metadata

__all__ = [
    "file_tables",
    "group_tables",
    "message_tables",
    "metadata",
    "people_tables",
    "search_tables",
    "self_tables",
]
