"""How fast a device has its first screen, and how fast many devices catch up at once.

One account with 2,000 conversations and a million messages in the database: from opening the
connection to the first page of changes, for a device that has nothing. Then 500 devices of 500
people come back together and are given the 100 events that each has missed. Beside each, bare
SQLite reading the same rows from the same file.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from benches.figures import Figure, percentile, rounded, run
from benches.server import Server, add_people, folder, serving
from parlor.boot.storage import DATABASE_FILE
from parlor.client import connect
from parlor.load.observed import cpu_s, parse_metric
from parlor.wire.native.methods.own import SyncChanges, SyncResult

CONVERSATIONS = 2_000
MESSAGES = 1_000_000
SCREENS = 30
DEVICES = 500
MISSED = 100
TALKS_EACH = 2
PEOPLE_EACH = 10
PAGE = 1_000
FIRST_USER = 1_000_000
"""What `add_people` calls the first one; the others follow."""
FIRST_TALK = 2**52
GROUPS = FIRST_TALK + 1_000_000
SETTINGS = ("gateway.max_connections_per_address=2000",)
NOW_MS = 1_790_000_000_000
_BATCH = f"""
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
    INSERT INTO events (conversation_id, seq, kind, sender_id, sent_at, text)
    SELECT ?, n + 2, 'message', ?, {NOW_MS} + n, 'message number ' || n || ' of some length'
    FROM numbers
"""
_CREATED = "INSERT INTO events (conversation_id, seq, kind, sender_id, sent_at, text, rest)"
_SCREEN = """
    SELECT e.* FROM members m JOIN conversations c ON c.id = m.conversation_id
    JOIN events e ON e.conversation_id = c.id AND e.seq > c.last_seq - 20
    WHERE m.user_id = ? AND c.id IN (
        SELECT c.id FROM members m JOIN conversations c ON c.id = m.conversation_id
        WHERE m.user_id = ? ORDER BY c.active_at DESC, c.id DESC LIMIT 50)
"""
_CATCH_UP = """
    SELECT e.* FROM members m
    JOIN events e ON e.conversation_id = m.conversation_id AND e.seq > 1 WHERE m.user_id = ?
"""


class Filling:
    """Puts conversations straight into the file of a server that does not run."""

    def __init__(self, file: Path) -> None:
        self._link = sqlite3.connect(file, isolation_level=None)
        self._link.execute("PRAGMA synchronous = OFF")
        self._link.execute("BEGIN")

    def talk(self, talk: int, people: list[int], messages: int, active_at: int) -> None:
        """A group of `people`, in which the last one says everything."""
        kind = "group"
        self._link.execute(
            "INSERT INTO conversations (id, kind, title, last_seq, active_at, member_count)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (talk, kind, f"Talk {talk}", messages + 1, active_at, len(people)),
        )
        self._link.executemany(
            "INSERT INTO members (conversation_id, user_id, role, joined_seq, read_seq)"
            " VALUES (?, ?, 'member', 1, 1)",
            [(talk, person) for person in sorted(people)],
        )
        self._link.execute(
            f"{_CREATED} VALUES (?, 1, 'created', ?, ?, '', NULL)", (talk, people[0], NOW_MS)
        )
        self._link.execute(_BATCH, (messages, talk, people[-1]))

    def close(self) -> None:
        self._link.execute("COMMIT")
        self._link.execute("ANALYZE")
        self._link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._link.close()


def fill(file: Path) -> None:
    filling = Filling(file)
    for number in range(CONVERSATIONS):
        people = [FIRST_USER, FIRST_USER + 1 + number % DEVICES]
        each = MESSAGES // CONVERSATIONS
        filling.talk(FIRST_TALK + number, people, each, NOW_MS + number)
    for number in range(DEVICES * TALKS_EACH // PEOPLE_EACH):
        start = number // TALKS_EACH * PEOPLE_EACH
        people = [FIRST_USER + 1 + start + one for one in range(PEOPLE_EACH)]
        filling.talk(GROUPS + number, people, MISSED // TALKS_EACH, NOW_MS + 9_000 + number)
    filling.close()


def bare(file: Path, sql: str, *parameters: int) -> float:
    """Seconds that SQLite takes to give these rows to a program that does nothing with them."""
    link = sqlite3.connect(file)
    began = time.perf_counter()
    rows = link.execute(sql, parameters).fetchall()
    took = time.perf_counter() - began
    link.close()
    if not rows:
        raise RuntimeError("there is nothing to compare with")
    return took


async def first_screen(server: Server, token: str) -> float:
    """Seconds from opening the connection to the first page of a device that has nothing."""
    began = time.perf_counter()
    async with connect(f"ws://127.0.0.1:{server.port}/ws", token) as connection:
        page = await connection.request(SyncChanges(limit=PAGE), SyncResult)
        took = time.perf_counter() - began
    if len(page.changes) < 20 or not page.cursor:
        raise RuntimeError(f"no screen: {len(page.changes)} conversations")
    return took


async def come_back(server: Server, number: int, token: str) -> int:
    """Events that the device of person `number` was given."""
    first = GROUPS + (number - 1) // PEOPLE_EACH * TALKS_EACH
    have = {str(first + one): 1 for one in range(TALKS_EACH)}
    # Of what else this person is in, the device has everything.
    have |= {
        str(FIRST_TALK + talk): MESSAGES // CONVERSATIONS + 1
        for talk in range(number - 1, CONVERSATIONS, DEVICES)
    }
    async with connect(f"ws://127.0.0.1:{server.port}/ws", token) as connection:
        page = await connection.request(SyncChanges(have, limit=PAGE), SyncResult, timeout_s=60.0)
    if page.cursor or any(change.more for change in page.changes):
        raise RuntimeError("the device has not everything yet")
    return sum(len(change.events) for change in page.changes)


async def all_back(server: Server, tokens: list[str]) -> tuple[float, int]:
    began = time.perf_counter()
    given = await asyncio.gather(
        *(come_back(server, number + 1, token) for number, token in enumerate(tokens))
    )
    return time.perf_counter() - began, sum(given)


def measure() -> Iterator[Figure]:
    with folder() as where:
        data = where / "data"
        tokens = add_people(data, DEVICES + 1)
        began = time.perf_counter()
        fill(data / DATABASE_FILE)
        filled_s = time.perf_counter() - began
        with serving(data, settings=SETTINGS) as server:
            asyncio.run(first_screen(server, tokens[0]))
            before = parse_metric(server.metrics(), "parlor_storage_reads")
            took = [asyncio.run(first_screen(server, tokens[0])) for _ in range(SCREENS)]
            queries = parse_metric(server.metrics(), "parlor_storage_reads") - before
            used_s = cpu_s(server.pid)
            back_s, given = asyncio.run(all_back(server, tokens[1:]))
            used_s = cpu_s(server.pid) - used_s
        file = data / DATABASE_FILE
        screen_s = min(bare(file, _SCREEN, FIRST_USER, FIRST_USER) for _ in range(5))
        missed_s = sum(
            bare(file, _CATCH_UP.replace("WHERE", f"WHERE m.conversation_id >= {GROUPS} AND"), one)
            for one in range(FIRST_USER + 1, FIRST_USER + 1 + DEVICES)
        )
        size = file.stat().st_size
    yield Figure.beside(
        "sync.first_screen",
        percentile(took, 0.5) * 1_000,
        "ms",
        "bare SQLite, the same rows",
        screen_s * 1_000,
        p50_ms=rounded(percentile(took, 0.5) * 1_000),
        p99_ms=rounded(percentile(took, 0.99) * 1_000),
        aim="under 200 ms",
        note=(
            f"connection and hello included; {CONVERSATIONS:,} conversations, {MESSAGES:,} messages"
            f" in {size / 1e6:.0f} MB, put there in {filled_s:.1f} s"
        ),
    )
    yield Figure(
        figure="sync.first_screen_queries",
        value=rounded(queries / SCREENS),
        unit="queries",
        aim="at most 6",
        note="hello included",
    )
    yield Figure.beside(
        "sync.devices_back",
        back_s,
        "s until all have everything",
        "bare SQLite, the same rows",
        missed_s,
        delivered=given / (DEVICES * MISSED),
        expected=DEVICES * MISSED,
        arrived=given,
        aim="under 2 s",
        note=f"{DEVICES} devices, {MISSED} events each; the clients on the same cores",
    )

    yield Figure(
        figure="sync.devices_back_cpu",
        value=rounded(used_s / DEVICES * 1_000),
        unit="ms CPU/device",
        note="of the server process: connection, hello and 100 events",
    )


if __name__ == "__main__":
    run(measure, __doc__)
