"""The revisions and the tables say the same, and a migration is all or nothing."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from parlor.drivers.sql.database import CannotOpen
from parlor.drivers.sql.migrations.upgrade import alembic_config, upgrade
from parlor.drivers.sql.revision import HEAD, bring_up_to_date, stored_revision
from parlor.drivers.sql.schema import metadata
from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.settings import SqliteSettings


@pytest.fixture
def engine(tmp_path):
    opened = make_engine(tmp_path / "m.db", Use.WRITING, SqliteSettings(), connections=1)
    yield opened
    opened.dispose()


def up_to_date(engine):
    with engine.begin() as connection:
        return bring_up_to_date(connection)


def schema(path):
    with sqlite3.connect(path) as link:
        found = link.execute(
            "SELECT type, name, tbl_name FROM sqlite_master"
            " WHERE tbl_name != 'alembic_version' ORDER BY 1, 2"
        ).fetchall()
        columns = {
            name: link.execute(f"PRAGMA table_info({name})").fetchall()
            for kind, name, _ in found
            if kind == "table"
        }
        without_row_id = {
            name: wr
            for _, name, _, _, wr, _ in link.execute("PRAGMA table_list")
            if name in columns
        }
    return found, columns, without_row_id


def test_the_head_is_the_newest_revision_and_revisions_are_numbered():
    scripts = ScriptDirectory.from_config(alembic_config())
    assert scripts.get_heads() == [HEAD]
    names = [script.revision for script in scripts.walk_revisions()]
    assert names == sorted(names, reverse=True)
    assert all(len(name) == 4 and name.isdigit() for name in names)


def test_a_new_database_is_exactly_what_all_revisions_make(engine, tmp_path):
    assert up_to_date(engine)
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with migrated.begin() as connection:
        upgrade(connection, HEAD)
    for made in (engine, migrated):
        with made.connect() as connection:
            context = MigrationContext.configure(connection)
            assert context.get_current_revision() == HEAD
            assert compare_metadata(context, metadata) == []
    migrated.dispose()
    assert schema(tmp_path / "m.db") == schema(tmp_path / "migrated.db")


def test_keys_made_before_they_had_ids_still_open_what_they_opened(engine):
    with engine.begin() as connection:
        upgrade(connection, "0001")
        old = "INSERT INTO api_keys (key_hash, name, scopes) VALUES (:hash, 'crm', 'im push')"
        connection.execute(text(old), {"hash": b"\x01\x02\x03\x04\x05\x06" + bytes(26)})
        upgrade(connection, HEAD)
        (kept,) = connection.execute(text("SELECT * FROM api_keys")).mappings().all()
    assert (kept["id"], kept["name"], kept["scopes"]) == ("010203040506", "crm", "im push")
    assert (kept["created_at"], kept["expires_at"], kept["quota"]) == (0.0, 0.0, "{}")


def test_a_current_database_is_left_alone(engine):
    up_to_date(engine)
    assert not up_to_date(engine)


def test_a_migration_that_fails_leaves_the_database_as_it_was(engine):
    def allow_pages(count):
        with engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {count}")

    allow_pages(8)
    with pytest.raises(OperationalError, match="full"):
        up_to_date(engine)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    allow_pages(1_000_000)
    assert up_to_date(engine)


def test_somebody_elses_tables_are_refused(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (x)"))
        with pytest.raises(CannotOpen):
            stored_revision(connection)
