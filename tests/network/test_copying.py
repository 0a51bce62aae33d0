"""Backups, what is restored from them, and moves between all kinds of databases."""

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from itertools import pairwise

import pytest
from sqlalchemy import Connection, delete, update

from parlor.boot.config import load
from parlor.boot.copying import back_up, move, restore
from parlor.boot.folder import FolderError, owning
from parlor.boot.sections import SECTIONS
from parlor.drivers.sql.copying import NotSound, copied_tables
from parlor.drivers.sql.database import CannotOpen, DatabaseTooNew
from parlor.drivers.sql.message_tables import message_states
from parlor.drivers.sql.revocations import SqlRevocations
from parlor.drivers.sql.schema import metadata
from parlor.drivers.sql.tables import conversations, events, members
from parlor.model.conversation import ConversationKind
from parlor.model.event import Draft, EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId
from parlor.model.standing import Act
from parlor.ports.accounts import Revocation, RevocationKind
from tests.support.databases import URLS, open_at
from tests.support.every_table import every_row, fill_every_table
from tests.support.storage import ANN, BOB, CEM, TALK, stores_in

OLD = ConversationId(str(int(TALK) + 1))


def config_for(url, folder):
    values = {"PARLOR_STORAGE__URL": url, "PARLOR_SERVER__DATA": f"{folder}"}
    return load(SECTIONS, file=None, environment=values, flags=[])


def quiet(table, done, total):
    pass


class Told:
    def __init__(self):
        self.last = {}

    def __call__(self, table, done, total):
        assert done <= total
        self.last[table] = (done, total)


@pytest.fixture(params=URLS)
async def place(request, tmp_path):
    """(address, data folder) of a database with all tables and nothing in them."""
    folder = tmp_path / "data"
    folder.mkdir()
    async with URLS[request.param]() as url:
        async with open_at(url, folder):
            pass
        yield url, folder


async def filled(url, folder):
    async with open_at(url, folder) as database:
        await database.write(fill_every_table)
        return await database.read(every_row)


async def rows_at(url, folder):
    async with open_at(url, folder) as database:
        return await database.read(every_row)


async def test_a_move_through_every_kind_of_database_keeps_every_row_of_every_table(tmp_path):
    first, last = tmp_path / "first", tmp_path / "last"
    first.mkdir()
    last.mkdir()
    rows = await filled("sqlite", first)
    assert rows.keys() == {table.name for table in copied_tables()}
    assert all(rows.values())
    counted = {name: len(found) for name, found in rows.items()}
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(URLS["postgres"](empty=True))
        mariadb = await stack.enter_async_context(URLS["mariadb"](empty=True))
        way = [("sqlite", first), (postgres, first), (mariadb, last), ("sqlite", last)]
        for (source, folder), (target, there) in pairwise(way):
            told = Told()
            assert (
                await move(
                    config_for(source, there if source != "sqlite" else folder), target, told
                )
                == counted
            )
            assert told.last == {name: (count, count) for name, count in counted.items()}
            assert await rows_at(target, there) == rows
            async with open_at(target, there) as database:
                made_of_others = await stores_in(database).rows()
                assert made_of_others["search_words"] == made_of_others["search_positions"] == 0
                revoked = Revocation(RevocationKind.USER, "7", 1.0, 2e9)
                await SqlRevocations(database).add(revoked, 0.0)
                highest = max(row[0] for row in rows["revocations"])
                found, mark = await SqlRevocations(database).since(highest)
                assert (list(found), mark) == ([revoked], highest + 1)
                newest = metadata.tables["revocations"]
                gone = delete(newest).where(newest.c.id == mark)
                await database.write(partial(Connection.execute, statement=gone))


async def test_a_backup_can_be_restored_to_any_kind_of_database(place, tmp_path):
    url, folder = place
    rows = await filled(url, folder)
    file = tmp_path / "backup"
    counted = {name: len(found) for name, found in rows.items()}
    assert await back_up(config_for(url, folder), file, quiet) == counted
    assert file.stat().st_mode & 0o777 == 0o600
    for kind in URLS:
        there = tmp_path / kind
        there.mkdir()
        async with URLS[kind](empty=True) as target:
            assert await restore(config_for(target, there), file, quiet) == counted
            assert await rows_at(target, there) == rows
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "backup",
        "data",
        "mariadb",
        "postgres",
        "sqlite",
    ]


async def test_a_backup_taken_while_people_talk_is_one_moment_of_it(place, tmp_path):
    url, folder = place
    async with open_at(url, folder) as database:
        stores = stores_in(database)
        await stores.add_people(ANN, BOB)
        await stores.add_talk()
        over = asyncio.Event()

        async def talk(lane):
            number = 0
            while not over.is_set():
                await stores.say(f"{lane} {number}")
                number += 1

        talking = [asyncio.ensure_future(talk(lane)) for lane in range(4)]
        for number in range(3):
            await back_up(config_for(url, folder), tmp_path / f"{number}.db", quiet)
        over.set()
        await asyncio.gather(*talking)
        said = await stores.texts()
    lengths = []
    for number in range(3):
        there = tmp_path / f"{number}"
        await restore(config_for("sqlite", there), tmp_path / f"{number}.db", quiet)
        async with open_at("sqlite", there) as restored:
            texts = await stores_in(restored).texts()
            assert texts == said[: len(texts)]
            lengths.append(len(texts))
    assert lengths == sorted(lengths)


async def test_what_is_in_the_target_is_left_alone(place, tmp_path):
    url, folder = place
    rows = await filled(url, folder)
    file = tmp_path / "backup"
    await back_up(config_for(url, folder), file, quiet)
    with pytest.raises(CannotOpen, match=r"not empty.*users"):
        await restore(config_for(url, folder), file, quiet)
    with pytest.raises(CannotOpen, match="in use already"):
        await move(config_for(url, folder), url, quiet)
    with pytest.raises(CannotOpen, match="exists already"):
        await back_up(config_for(url, folder), file, quiet)
    assert await rows_at(url, folder) == rows


async def test_a_log_with_a_gap_is_neither_backed_up_nor_moved(place, tmp_path):
    url, folder = place
    await filled(url, folder)
    async with open_at(url, folder) as database:
        gone = delete(events).where(events.c.conversation_id == 2**30 + 3)
        await database.write(lambda db: db.execute(gone))
    with pytest.raises(NotSound, match=f"gaps: {2**30 + 3}$"):
        await back_up(config_for(url, folder), tmp_path / "backup", quiet)
    assert not list(tmp_path.glob("backup*"))
    async with URLS["postgres"](empty=True) as target:
        with pytest.raises(NotSound, match="gaps"):
            await move(config_for(url, folder), target, quiet)
        assert not any((await rows_at(target, folder)).values())


def decided(draft, standing):
    return draft


async def talked(database):
    """A group in which something of each kind has happened, and one whose beginning is gone."""
    stores = stores_in(database)
    await stores.add_people(ANN, BOB, CEM)
    await stores.add_talk(TALK, (ANN, BOB), ConversationKind.GROUP, at_ms=9_000)
    said = await stores.say("hello", at_ms=9_000)
    drafts = [
        Draft(TALK, EventKind.JOINED, ANN, "1", members=(CEM,)),
        Draft(TALK, EventKind.ROLE, ANN, "2", members=(BOB,), role=Role.ADMINISTRATOR),
        Draft(TALK, EventKind.TITLE, ANN, "3", title="Title"),
        Draft(TALK, EventKind.EDIT, ANN, "4", target=said.seq, text="better"),
        Draft(TALK, EventKind.REACTION, BOB, "5", target=said.seq, emoji="+"),
        Draft(TALK, EventKind.PIN, BOB, "6", target=said.seq),
        Draft(TALK, EventKind.LEFT, CEM, "7", members=(CEM,)),
    ]
    for draft in drafts:
        act = Act(TALK, draft.sender, draft.client_id, draft.members, draft.target)
        await stores.messages.act(act, partial(decided, draft), 9_001)
    await stores.add_talk(OLD, (ANN, BOB), at_ms=1)
    for n in range(3):
        await stores.say(f"{n}", talk=OLD, at_ms=n + 1)
    assert (await stores.retention.trim(3, None, 100)).removed


async def test_what_was_trimmed_and_acted_on_is_backed_up_and_restored(place, tmp_path):
    url, folder = place
    async with open_at(url, folder) as database:
        await talked(database)
    file = tmp_path / "backup"
    saved = await back_up(config_for(url, folder), file, quiet)
    there = tmp_path / "there"
    there.mkdir()
    assert await restore(config_for("sqlite", there), file, quiet) == saved


@pytest.mark.parametrize(
    "damage",
    [
        update(conversations).values(title="Another"),
        update(members).values(role="member"),
        update(message_states).values(pinned_seq=0),
        delete(members).where(members.c.user_id == int(BOB)),
    ],
)
async def test_a_conversation_that_is_not_what_its_log_says_is_refused(damage, tmp_path):
    async with open_at("sqlite", tmp_path) as database:
        await talked(database)
        await database.write(lambda db: db.execute(damage))
    with pytest.raises(NotSound, match=f"not what their logs say: {TALK}$"):
        await back_up(config_for("sqlite", tmp_path), tmp_path / "backup", quiet)
    assert not list(tmp_path.glob("backup*"))


async def test_a_log_whose_beginning_is_not_kept_any_more_is_copied_like_any_other(place, tmp_path):
    url, folder = place
    async with open_at(url, folder) as database:
        stores = stores_in(database)
        await stores.add_people(ANN, BOB)
        await stores.add_talk()
        for number in range(4):
            await stores.say(f"word {number}", at_ms=10 + number)
        await stores.retention.trim(12, None, 100)
        kept = await database.read(every_row)
    assert len(kept["events"]) == 2
    await back_up(config_for(url, folder), tmp_path / "backup", quiet)
    empty = tmp_path / "empty"
    empty.mkdir()
    await restore(config_for("sqlite", empty), tmp_path / "backup", quiet)
    assert await rows_at("sqlite", empty) == kept


async def test_a_restored_history_is_another_one_for_clients(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    await filled("sqlite", source)
    await back_up(config_for("sqlite", source), tmp_path / "b", quiet)
    await restore(config_for("sqlite", target), tmp_path / "b", quiet)
    first = (target / "secrets.toml").read_text()
    (target / "parlor.db").unlink()
    await restore(config_for("sqlite", target), tmp_path / "b", quiet)
    assert "epoch" in first
    assert (target / "secrets.toml").read_text() != first


async def test_nothing_is_restored_that_clients_would_take_for_an_earlier_history(place, tmp_path):
    url, folder = place
    source = tmp_path / "source"
    source.mkdir()
    await filled("sqlite", source)
    await back_up(config_for("sqlite", source), tmp_path / "b", quiet)
    (folder / "secrets.toml").write_text("not what was written here")
    with pytest.raises(FolderError):
        await restore(config_for(url, folder), tmp_path / "b", quiet)
    assert not any((await rows_at(url, folder)).values())


@contextmanager
def made(path, content):
    path.write_bytes(content)
    yield path


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(4_096)])
async def test_a_file_that_is_no_backup_is_refused_and_restores_nothing(tmp_path, content):
    with made(tmp_path / "b", content) as file, pytest.raises(CannotOpen):
        await restore(config_for("sqlite", tmp_path / "data"), file, quiet)
    assert not (tmp_path / "data" / "parlor.db").exists()


async def test_a_backup_of_a_newer_program_is_refused(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    async with open_at("sqlite", data) as database:
        await database.write(
            lambda db: db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        )
    with pytest.raises(DatabaseTooNew):
        await restore(config_for("sqlite", tmp_path / "new"), data / "parlor.db", quiet)


async def test_nothing_is_moved_under_a_server_that_runs(tmp_path):
    await filled("sqlite", tmp_path)

    def parlor(*words):
        return subprocess.run(
            [sys.executable, "-m", "parlor.boot.cli", *words, "--data", tmp_path],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
        )

    with owning(tmp_path):
        refused = await asyncio.to_thread(
            parlor, "move", "--to", "postgresql://a:s3cret@127.0.0.1:1/b"
        )
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert "in use by another parlor server" in refused.stderr
        kept = await asyncio.to_thread(parlor, "backup", f"{tmp_path / 'b'}")
        assert (kept.returncode, kept.stderr) == (0, "")
        assert "rows backed up into" in kept.stdout
    again = await asyncio.to_thread(parlor, "backup", f"{tmp_path / 'b'}")
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    wrong = await asyncio.to_thread(parlor, "move", "--to", "oracle://a:s3cret@b/c")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "s3cret" not in refused.stderr + wrong.stderr
