"""Opening the file: made private, migrated once, refused when it is not ours to use."""

import asyncio
import os
import sqlite3
import subprocess
import sys

import pytest

from parlor.drivers.sql.database import CannotOpen, DatabaseTooNew
from parlor.drivers.sql.revision import HEAD
from parlor.drivers.sqlite.database import open_database
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.model.errors import StorageFailed
from tests.support.steady import CountingMeter
from tests.support.storage import ANN, BOB, CEM, message, sqlite_stores, stores_in


def opened(path):
    return open_database(path, SqliteSettings(), CountingMeter())


async def test_the_first_opening_makes_a_private_file(tmp_path):
    path = tmp_path / "new" / "parlor.db"
    async with opened(path):
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes.pop("parlor.db") == 0o600
    assert set(modes.values()) <= {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_what_was_stored_is_there_after_opening_again(tmp_path):
    async with sqlite_stores(tmp_path) as stores:
        await stores.add_people(ANN, BOB)
        await stores.add_talk()
        await stores.say("kept")
    async with sqlite_stores(tmp_path) as stores:
        assert await stores.texts() == ["kept"]


async def test_every_commit_is_synced_to_the_disk(tmp_path):
    async with opened(tmp_path / "p.db") as database:
        for use in (database.write, database.read):
            assert await use(lambda db: db.exec_driver_sql("PRAGMA synchronous").scalar()) == 2
            assert await use(lambda db: db.exec_driver_sql("PRAGMA foreign_keys").scalar()) == 1
        mode = await database.read(lambda db: db.exec_driver_sql("PRAGMA journal_mode").scalar())
        assert mode == "wal"


async def test_a_database_of_a_newer_program_is_refused_untouched(tmp_path):
    path = tmp_path / "p.db"
    async with opened(path):
        pass
    with sqlite3.connect(path) as link:
        link.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match="9999"):
        async with opened(path):
            pass


async def test_a_file_that_is_no_database_of_ours_is_refused(tmp_path):
    (tmp_path / "text.db").write_text("this is no database, whatever its name says" * 100)
    with sqlite3.connect(tmp_path / "other.db") as link:
        link.execute("CREATE TABLE somebody_elses (x)")
    for name in ("text.db", "other.db"):
        with pytest.raises(CannotOpen, match=name if name == "text.db" else "did not make"):
            async with opened(tmp_path / name):
                pass


async def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotOpen, match="cannot use the database"):
        async with opened(tmp_path / "file" / "p.db"):
            pass


async def test_opening_at_once_from_several_places_migrates_once(tmp_path):
    async def open_and_read():
        async with opened(tmp_path / "p.db") as database:
            return await database.read(
                lambda db: db.exec_driver_sql("SELECT version_num FROM alembic_version").all()
            )

    assert await asyncio.gather(*(open_and_read() for _ in range(4))) == [[(HEAD,)]] * 4


async def test_a_current_database_is_opened_without_the_migration_tool(tmp_path):
    async with opened(tmp_path / "p.db"):
        pass
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from parlor.drivers.sqlite.database import open_database\n"
        "from parlor.drivers.sqlite.settings import SqliteSettings\n"
        "from tests.support.steady import CountingMeter\n"
        "async def main():\n"
        "    path = Path(sys.argv[1])\n"
        "    async with open_database(path, SqliteSettings(), CountingMeter()):\n"
        "        print('alembic' in sys.modules)\n"
        "asyncio.run(main())\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "p.db"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "False\n"


async def test_a_full_disk_refuses_and_a_retry_after_space_gives_one_message(tmp_path):
    async with open_database(tmp_path / "p.db", SqliteSettings(), CountingMeter()) as database:
        stores = stores_in(database)
        await stores.add_people(ANN, BOB)
        await stores.add_talk()
        pages = await database.write(lambda db: db.exec_driver_sql("PRAGMA page_count").scalar())

        async def limit(count):
            await database.write(lambda db: db.exec_driver_sql(f"PRAGMA max_page_count={count}"))

        await limit(pages)
        drafts = [message("字" * 4_000, client_id=f"{n}") for n in range(6)]
        refused = await asyncio.gather(
            *(stores.messages.append(draft, 5) for draft in drafts), return_exceptions=True
        )
        assert [type(result) for result in refused] == [StorageFailed] * 6
        assert await stores.texts() == []

        await limit(1_000_000)
        for _ in range(2):
            await asyncio.gather(*(stores.messages.append(draft, 5) for draft in drafts))
        assert await stores.texts() == [draft.text for draft in drafts]


async def test_a_retry_after_a_lock_by_another_process_gives_one_message(tmp_path):
    async with sqlite_stores(tmp_path, busy_timeout_s=0.05) as stores:
        await stores.add_people(ANN, BOB, CEM)
        await stores.add_talk()
        other = sqlite3.connect(tmp_path / "parlor.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailed):
            await stores.say("once")
        assert await stores.texts() == []
        other.execute("ROLLBACK")
        other.close()
        await stores.say("once")
        await stores.say("once")
        assert await stores.texts() == ["once"]


async def test_threads_take_turns_faster_while_the_database_is_open(tmp_path):
    before = sys.getswitchinterval()
    async with sqlite_stores(tmp_path, thread_switch_s=0.0003):
        assert sys.getswitchinterval() == pytest.approx(0.0003)
    assert sys.getswitchinterval() == before
