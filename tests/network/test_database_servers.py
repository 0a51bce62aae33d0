"""Database servers that refuse, go away in the middle of sending and come back."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from parlor.drivers.sql.database import CannotOpen
from parlor.model.errors import StorageFailed
from tests.support.databases import open_at, two_programs
from tests.support.mariadb import Mariadb, mariadb_url, shared_mariadb
from tests.support.postgres import CAREFUL, Postgres, postgres_url, shared_postgres
from tests.support.storage import ANN, BOB, TALK, message, stores_in

QUICK = {"connect_timeout_s": 2.0, "statement_timeout_s": 5.0}
KINDS: dict[str, Any] = {"postgres": (Postgres, postgres_url), "mariadb": (Mariadb, mariadb_url)}


@pytest.fixture(params=KINDS)
def server(request):
    """One of its own that writes through to the disk, and how to get a database in it."""
    kind, url = KINDS[request.param]
    started = kind(durable=True)
    yield started, url
    started.end()


async def test_what_was_acknowledged_survives_the_death_of_the_database_server(server, tmp_path):
    """Killed three times while 16 send; each sends again what was not acknowledged."""
    process, url = server
    async with url(process) as address, open_at(address, tmp_path, **QUICK) as database:
        stores = stores_in(database)
        await stores.add_people(ANN, BOB)
        await stores.add_talk()
        acknowledged: dict[tuple[str, str], int] = {}
        failures = 0
        over = asyncio.Event()

        async def send(lane):
            nonlocal failures
            sender, number = (ANN, BOB)[lane % 2], 0
            while not over.is_set():
                draft = message(f"{lane}-{number}", sender)
                try:
                    event, _ = await stores.messages.append(draft, 5)
                except StorageFailed:
                    failures += 1
                    await asyncio.sleep(0.01)
                    continue
                acknowledged[sender, draft.client_id] = event.seq
                number += 1

        senders = [asyncio.ensure_future(send(lane)) for lane in range(16)]
        for _ in range(3):
            before = len(acknowledged)
            while len(acknowledged) < before + 300:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(process.kill)
            await asyncio.to_thread(process.start)
        before = len(acknowledged)
        while len(acknowledged) < before + 300:
            await asyncio.sleep(0.01)
        over.set()
        await asyncio.gather(*senders)

        assert failures
        log, last_seq = await stores.messages.events(TALK, 0, None, 10**6)
        assert [event.seq for event in log] == list(range(1, last_seq + 1))
        place = {(event.sender, event.client_id): event.seq for event in log[1:]}
        assert len(place) == len(log) - 1
        assert acknowledged == place
        for lane in range(16):
            mine = [event.client_id for event in log if event.client_id.startswith(f"{lane}-")]
            assert mine == [f"{lane}-{number}" for number in range(len(mine))]


@pytest.mark.parametrize("kind", KINDS)
async def test_two_programs_on_one_database_number_one_log(kind, tmp_path):
    async with two_programs(kind, tmp_path) as (one, other):
        mine, theirs = stores_in(one), stores_in(other)
        await mine.add_people(ANN, BOB)
        await mine.add_talk()
        drafts = [message(f"{n}") for n in range(120)]
        results = await asyncio.gather(
            *(each.messages.append(draft, 5) for draft in drafts for each in (mine, theirs))
        )
        assert sum(created for _, created in results) == 120
        assert sorted(await mine.texts()) == sorted(f"{n}" for n in range(120))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_read_position_never_moves_back_whoever_moves_it(kind, tmp_path):
    async with two_programs(kind, tmp_path) as (one, other):
        mine, theirs = stores_in(one), stores_in(other)
        await mine.add_people(ANN, BOB)
        await mine.add_talk()
        for n in range(20):
            await mine.say(f"{n}")
        moved = [
            each.conversations.set_read(TALK, BOB, seq, 9)
            for seq in range(21, 1, -1)
            for each in (mine, theirs)
        ]
        found = await asyncio.gather(*moved)
        assert [seq for seq, _, _ in found].count(21) >= 2
        member = await theirs.conversations.member(TALK, BOB)
        assert member is not None
        assert member.read_seq == 21


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_refuses_is_one_line_without_the_password(kind, tmp_path):
    if kind == "postgres":
        postgres = shared_postgres()
        await postgres.run(f"DROP ROLE IF EXISTS {CAREFUL}")
        await postgres.run(f"CREATE ROLE {CAREFUL} LOGIN PASSWORD 'open sesame'")
        port, scheme, database = postgres.port, "postgresql", "postgres"
    else:
        mariadb = shared_mariadb()
        await mariadb.run(f"CREATE OR REPLACE USER '{CAREFUL}' IDENTIFIED BY 'open sesame'")
        port, scheme, database = mariadb.port, "mysql", "mysql"
    user = f"{scheme}://{CAREFUL}"
    wrong = {
        f"{user}:s3cret@127.0.0.1:{port}/{database}": "wrong password, or no such user",
        f"{scheme}://nobody:s3cret@127.0.0.1:1/x": "reached|connect",
    }
    if kind == "postgres":
        missing = f"{user}:open%20sesame@127.0.0.1:{port}/nowhere"
        wrong[missing] = "there is no such database"
    else:
        missing = f"{user}:open%20sesame@127.0.0.1:{port}/nowhere"
        wrong[missing] = "may not use that database"
    for address, said in wrong.items():
        with pytest.raises(CannotOpen, match=said) as refused:
            async with open_at(address, tmp_path, **QUICK):
                pass
        assert "\n" not in str(refused.value)
        assert "s3cret" not in str(refused.value)
        assert "sesame" not in str(refused.value)
        assert f"{CAREFUL}:***@" in str(refused.value) or "nobody:***@" in str(refused.value)


@pytest.mark.parametrize(
    "words", [["serve", "--port", "0"], ["migrate"], ["user", "add", "ann"], ["config", "print"]]
)
def test_no_command_prints_the_password(words, tmp_path):
    address = "postgresql://ann:s3cret@127.0.0.1:1/parlor"
    settings = ["--data", f"{tmp_path}", "--set", f"storage.url={address}"]
    done = subprocess.run(
        [sys.executable, "-m", "parlor.boot.cli", *words, *settings],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
    )
    assert "s3cret" not in done.stdout + done.stderr
    if words != ["config", "print"]:
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("parlor: cannot use the database postgresql://ann:***@")
