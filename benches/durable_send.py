"""How many messages a second are stored and acknowledged: 64 people who each send the next
message when the last one is acknowledged, over the native WebSocket, on SQLite.

They talk in pairs, so each message is also pushed to one other connection; the one that sent it
gets the answer alone. Beside it, a bare loop that inserts as many rows a commit into a SQLite
file of the same settings.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from benches.figures import Figure, rounded, run_for
from benches.server import Server, Web, folder, serving
from parlor.load.crew import Process
from parlor.load.observed import cpu_s, parse_metric
from parlor.load.publisher import Do
from parlor.load.senders import TEXT, Talk, Talked
from parlor.load.target import Target

SENDERS = 64
WARM_S = 1.0
FOR_S = 6.0
BARE_S = 2.0
SETTINGS = (
    "gateway.requests_per_second=100000",
    "gateway.request_burst=100000",
    "accounts.hash_memory_kib=8192",  # signing 64 people up is not what is measured
)


def bare_rate(where: Path) -> float:
    """Rows a second when nothing but SQLite is in the way."""
    link = sqlite3.connect(where / "bare.db", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000"):
        link.execute(f"PRAGMA {pragma}")
    link.execute(
        "CREATE TABLE event (conversation INTEGER, seq INTEGER, sender INTEGER, client_id TEXT,"
        " sent_at INTEGER, text TEXT, PRIMARY KEY (conversation, seq)) WITHOUT ROWID"
    )
    link.execute("CREATE UNIQUE INDEX once ON event (sender, client_id)")
    rows, seq, began = 0, 0, time.perf_counter()
    while time.perf_counter() - began < BARE_S:
        seq += 1
        link.execute("BEGIN IMMEDIATE")
        link.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)",
            [(n // 2, seq * 2 + n % 2, n, f"{n}-{seq}", seq, TEXT) for n in range(SENDERS)],
        )
        link.execute("COMMIT")
        rows += SENDERS
    rate = rows / (time.perf_counter() - began)
    link.close()
    return rate


def pairs(server: Server) -> tuple[list[str], list[str]]:
    """(tokens, conversations) of the senders; each conversation stands there for both."""
    people = [server.sign_up(f"sender-{number}") for number in range(SENDERS)]
    conversations = []
    for number in range(0, SENDERS, 2):
        web = Web(server.port, people[number][1])
        wish = {"kind": "direct", "members": [people[number + 1][0]]}
        made = web.ask("POST", "/api/v1/conversations", wish)
        conversations += [made["conversation"]["id"]] * 2
        web.close()
    return [token for _, token in people], conversations


def talk(wish: Talk) -> Talked:
    """Send until the time is over; what came of it. Raises RuntimeError when it was cut short."""
    process = Process("parlor.load.senders", wish)
    try:
        process.take(Talked)
        while not (talked := process.ask(Do("seen"), Talked)).done:
            time.sleep(0.1)
    finally:
        process.close()
    if talked.lost:
        raise RuntimeError(talked.lost)
    return talked


def stored_bytes(data: Path) -> int:
    return sum(path.stat().st_size for path in data.glob("parlor.db*"))


def measure(for_s: float = FOR_S) -> Iterator[Figure]:
    with folder() as where:
        bare = bare_rate(where)
        data = where / "data"
        with serving(data, settings=SETTINGS) as server:
            tokens, conversations = pairs(server)
            before, metrics_before = cpu_s(server.pid), server.metrics()
            talked = talk(
                Talk(
                    Target("native_websocket", "127.0.0.1", server.port),
                    tuple(tokens),
                    tuple(conversations),
                    for_s,
                    warm_s=WARM_S,
                )
            )
            used_s, metrics = cpu_s(server.pid) - before, server.metrics()
        after = stored_bytes(data)

        def counted(name: str) -> float:
            return parse_metric(metrics, name) - parse_metric(metrics_before, name)

        sends = talked.sent
        yield Figure.beside(
            "durable_send.rate",
            talked.counted / for_s,
            "acknowledged sends/s",
            f"bare SQLite, {SENDERS} rows a commit",
            bare,
            delivered=(talked.acknowledged - sum(talked.refused.values())) / sends,
            p50_ms=rounded(talked.taking.percentile_ms(0.50)),
            p99_ms=rounded(talked.taking.percentile_ms(0.99)),
            aim="at least 10,000/s, p99 under 50 ms",
            note=f"{SENDERS} senders in pairs; {talked.pushed / sends:.3g} pushes for each send",
        )
        yield Figure(
            figure="durable_send.cpu",
            value=rounded(used_s / sends * 1e6),
            unit="us CPU/send",
            aim="at most 100, which is 10,000/s on one core",
            note="of the server process, the push to the other side included",
        )
        commits = counted("parlor_storage_commits_total")
        yield Figure(
            figure="durable_send.fsyncs",
            value=rounded(commits / sends),
            unit="fsyncs/send",
            note=f"{commits:.0f} commits for {sends} sends; each checkpoint adds a few",
        )
        yield Figure(
            figure="durable_send.size",
            value=rounded(after / sends),
            unit="bytes/message",
            note=f"the whole database after the end, {len(TEXT)} characters of text each",
        )


if __name__ == "__main__":
    run_for(measure, __doc__, FOR_S)
