"""The revisions and the tables say the same on every engine, and nothing is lost on the way."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import Connection, MetaData, insert, inspect, select, text, update

from parlor.boot.config import load
from parlor.boot.sections import SECTIONS
from parlor.boot.storage import migrate
from parlor.drivers.sql.database import CannotOpen, DatabaseTooNew, MustMigrate
from parlor.drivers.sql.migrations.upgrade import upgrade
from parlor.drivers.sql.revision import HEAD, make_tables, stored_revision
from parlor.drivers.sql.search import SqlSearch
from parlor.model.ids import UserId
from parlor.ports.search import Spot, Wanted
from tests.support.databases import URLS, open_at, run_at

SERVERS = [kind for kind in URLS if kind != "sqlite"]


@pytest.fixture(params=URLS)
async def url(request):
    """An empty database."""
    async with URLS[request.param](empty=True) as address:
        yield address


@pytest.fixture(params=SERVERS)
async def server_url(request):
    async with URLS[request.param](empty=True) as address:
        yield address


def config_for(url, folder):
    values = {"PARLOR_STORAGE__URL": url, "PARLOR_SERVER__DATA": f"{folder}"}
    return load(SECTIONS, file=None, environment=values, flags=[])


def schema(db: Connection) -> dict[str, dict[str, object]]:
    """Everything that reflection finds, as plain values that can be compared."""
    found = inspect(db)
    return {
        name: {
            "columns": [
                {key: f"{value!r}" for key, value in column.items()}
                for column in found.get_columns(name)
            ],
            "key": found.get_pk_constraint(name),
            "indexes": sorted(map(repr, found.get_indexes(name))),
            "unique": sorted(map(repr, found.get_unique_constraints(name))),
            "foreign": sorted(map(repr, found.get_foreign_keys(name))),
            "options": found.get_table_options(name),
        }
        for name in found.get_table_names()
        if name != "alembic_version"
    }


@pytest.mark.parametrize("kind", URLS)
async def test_new_tables_are_exactly_what_all_revisions_make(kind, tmp_path):
    async with AsyncExitStack() as stack:
        made_at, migrated_at = [
            await stack.enter_async_context(URLS[kind](empty=True)) for _ in range(2)
        ]
        config = config_for(made_at, tmp_path / "made")
        assert await migrate(config) == (None, HEAD)

        def revisions(db: Connection) -> dict[str, dict[str, object]]:
            upgrade(db, HEAD)
            return schema(db)

        (tmp_path / "migrated").mkdir()
        migrated = await run_at(migrated_at, tmp_path / "migrated", revisions)
        assert len(migrated) > 10
        made = await run_at(made_at, tmp_path / "made", schema)
        # A table without a comment is reported so or not at all, and counters differ by rows.
        assert made.keys() == migrated.keys()
        for name, table in made.items():
            assert table == migrated[name], name


OLD_ROWS: dict[str, dict[str, object]] = {
    "users": {
        "id": 7,
        "name": "ann",
        "display_name": "Änn 👋",
        "password_hash": "x",
        "admin": True,
    },
    "user_words": {"word": "änn", "user_id": 7},
    "sessions": {
        "id": "s",
        "user_id": 7,
        "device": "phone",
        "token_hash": b"\x00t" * 16,
        "token_expires_at": 1.5,
        "refresh_hash": b"\xffr" * 16,
        "refresh_expires_at": 2.5,
    },
    "spent_refreshes": {"refresh_hash": b"o" * 32, "session_id": "s", "expires_at": 3.25},
    "api_keys": {
        "key_hash": b"\x01\x02\x03\x04\x05\x06" + bytes(26),
        "name": "crm",
        "scopes": "im",
    },
    "set_up_links": {"link_hash": b"l" * 32, "name": "bob", "admin": False, "expires_at": 9.0},
    "conversations": {
        "id": 9,
        "kind": "group",
        "title": "標題",
        "last_seq": 1,
        "active_at": 5,
        "member_count": 1,
        "low_user_id": None,
        "high_user_id": None,
    },
    "members": {
        "conversation_id": 9,
        "user_id": 7,
        "role": "owner",
        "joined_seq": 1,
        "read_seq": 1,
    },
    "events": {
        "conversation_id": 9,
        "seq": 1,
        "kind": "created",
        "sender_id": 7,
        "sent_at": 5,
        "client_id": None,
        "text": "",
        "rest": b"{}",
    },
}
"""A row in every table of the first schema."""


async def test_a_database_of_the_first_program_keeps_what_is_in_it(url, tmp_path):
    def first(db: Connection) -> None:
        upgrade(db, "0001")
        tables = MetaData()
        tables.reflect(db)
        assert {*tables.tables} - {"alembic_version"} == OLD_ROWS.keys()
        for table in tables.sorted_tables:
            if table.name in OLD_ROWS:
                db.execute(insert(table), OLD_ROWS[table.name])

    await run_at(url, tmp_path, first)
    assert await migrate(config_for(url, tmp_path)) == ("0001", HEAD)
    assert await migrate(config_for(url, tmp_path)) == (HEAD, HEAD)

    def kept(db: Connection) -> dict[str, dict[str, object]]:
        tables = MetaData()
        tables.reflect(db)
        return {
            name: dict(db.execute(select(tables.tables[name])).mappings().one())
            for name in OLD_ROWS
        }

    found = await run_at(url, tmp_path, kept)
    for name, row in OLD_ROWS.items():
        # Later revisions may add columns; what was there is there.
        assert row.items() <= found[name].items(), name
    assert found["api_keys"]["id"] == "010203040506"
    async with open_at(url, tmp_path) as database:
        assert not database.made_tables


async def test_what_was_said_before_there_was_an_index_is_found_in_it(url, tmp_path):
    def before(db: Connection) -> None:
        upgrade(db, "0004")
        tables = MetaData()
        tables.reflect(db)
        for name in ("users", "conversations", "members", "events"):
            db.execute(insert(tables.tables[name]), OLD_ROWS[name])
        said = {"seq": 2, "kind": "message", "text": "old words", "rest": None, "client_id": "c"}
        db.execute(insert(tables.tables["events"]), OLD_ROWS["events"] | said)
        db.execute(update(tables.tables["conversations"]).values(last_seq=2))

    await run_at(url, tmp_path, before)
    assert await migrate(config_for(url, tmp_path)) == ("0004", HEAD)
    async with open_at(url, tmp_path) as database:
        index = SqlSearch(database)
        (late,) = await index.positions(None, 10)
        assert (late.indexed_seq, late.last_seq) == (0, 2)
        await index.add([late.conversation], 10)
        found = await index.find(UserId("7"), Wanted(("old",)), None, 10)
        assert found.places == (Spot(5, 9, 2),)


async def test_an_old_database_of_a_server_waits_for_the_command(server_url, tmp_path):
    await run_at(server_url, tmp_path, lambda db: upgrade(db, "0001"))
    with pytest.raises(MustMigrate, match=f"0001.*{HEAD}.*parlor migrate"):
        async with open_at(server_url, tmp_path):
            pass
    assert await run_at(server_url, tmp_path, stored_revision) == "0001"


async def test_a_database_of_a_newer_program_is_left_alone(url, tmp_path):
    def newer(db: Connection) -> None:
        make_tables(db)
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await run_at(url, tmp_path, newer)
    with pytest.raises(DatabaseTooNew, match="newer"):
        async with open_at(url, tmp_path):
            pass
    with pytest.raises(DatabaseTooNew, match="newer"):
        await migrate(config_for(url, tmp_path))


async def test_somebody_elses_tables_are_left_alone(url, tmp_path):
    await run_at(url, tmp_path, lambda db: db.execute(text("CREATE TABLE theirs (x INTEGER)")))
    with pytest.raises(CannotOpen, match="did not make"):
        async with open_at(url, tmp_path):
            pass


async def test_of_programs_that_start_at_once_one_makes_the_tables(url, tmp_path):
    async with AsyncExitStack() as stack:
        opened = [open_at(url, tmp_path) for _ in range(3)]
        databases = await asyncio.gather(*(stack.enter_async_context(one) for one in opened))
        assert [one.made_tables for one in databases].count(True) == 1
