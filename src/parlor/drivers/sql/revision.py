"""Which revision a database has, and bringing it to the one this program speaks.

Alembic is imported only when there is something to migrate: importing it and running it costs a
quarter of a second. So an empty database gets the tables as they are today, which a test holds
equal to what all revisions together make, and the number of the newest one.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, text

from parlor.drivers.sql.database import CannotOpen, DatabaseTooNew
from parlor.drivers.sql.schema import metadata

HEAD = "0005"
"""The newest revision in `migrations/versions`. Revisions are numbered, so they can be compared."""

_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def bring_up_to_date(connection: Connection) -> bool:
    """Make the tables, or migrate when the revision differs; True when there was work.

    Looking and migrating share the caller's transaction, which also keeps others out: of several
    processes that start at once one migrates and the others find it done. Raises DatabaseTooNew;
    a migration that fails leaves the database as it was, but not in MySQL, which commits each
    change of a table by itself.
    """
    stored = stored_revision(connection)
    if stored == HEAD:
        return False
    if stored is None:
        make_tables(connection)
    else:
        from parlor.drivers.sql.migrations.upgrade import upgrade

        upgrade(connection, HEAD)
    return True


def make_tables(connection: Connection) -> None:
    """In an empty database: the tables of today."""
    # As Alembic's own context makes it, so that the next migration finds it. First of all: who
    # looks meanwhile, where each table is there at once, sees that the others are Parlor's too.
    _VERSION.create(connection, checkfirst=True)
    metadata.create_all(connection)
    connection.execute(insert(_VERSION), {"version_num": HEAD})


def stored_revision(connection: Connection) -> str | None:
    """None for an empty database. Raises DatabaseTooNew, and CannotOpen for somebody else's."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found is not None and found > HEAD:
            raise DatabaseTooNew(
                f"the database has revision {found}, made by a newer Parlor; "
                f"this one knows up to {HEAD}: install the newer program"
            )
        return None if found is None else str(found)
    if tables:
        raise CannotOpen("the database has tables that Parlor did not make")
    return None
