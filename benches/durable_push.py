"""How soon a durable push is answered while nobody delivers, and how fast the backlog is delivered
when somebody does. One kept-alive HTTP connection, one push after the other, on SQLite.

Beside it, a bare loop that commits one row of the same size to a SQLite file of the same settings.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from benches.figures import Figure, percentile, rounded, run
from benches.server import Web, add_push_key, folder, serving
from parlor.load.observed import parse_metric

PUSHES = 2_000
WARM = 200
BODY = "x" * 100
DELIVER_LIMIT_S = 60.0


def bare_commit_ms(where: Path) -> float:
    """The median of a commit of one row when nothing but SQLite is in the way."""
    link = sqlite3.connect(where / "bare.db", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000"):
        link.execute(f"PRAGMA {pragma}")
    link.execute("CREATE TABLE entry (position INTEGER PRIMARY KEY, body BLOB)")
    took_ms = []
    for number in range(PUSHES):
        began = time.perf_counter()
        link.execute("BEGIN IMMEDIATE")
        link.execute("INSERT INTO entry VALUES (?, ?)", (number, BODY))
        link.execute("COMMIT")
        took_ms.append((time.perf_counter() - began) * 1000)
    link.close()
    return percentile(took_ms, 0.5)


def accept(web: Web, count: int) -> list[float]:
    """How long each of `count` durable pushes took, in ms."""
    took_ms = []
    for number in range(count):
        push = {
            "to": {"users": [f"customer-{number % 500}"]},
            "body": BODY,
            "kind": "must_arrive",
            "durable": True,
        }
        began = time.perf_counter()
        web.ask("POST", "/api/v1/push", push)
        took_ms.append((time.perf_counter() - began) * 1000)
    return took_ms


def measure() -> Iterator[Figure]:
    with folder() as where:
        bare_ms = bare_commit_ms(where)
        data = where / "data"
        key = add_push_key(data)
        with serving(data, settings=("durable.deliver=false",)) as server:
            web = Web(server.port, key)
            accept(web, WARM)
            took_ms = accept(web, PUSHES)
            web.close()
        yield Figure.beside(
            "durable_push.accepted",
            percentile(took_ms, 0.5),
            "ms/push",
            "bare SQLite, one row a commit",
            bare_ms,
            p50_ms=rounded(percentile(took_ms, 0.50)),
            p99_ms=rounded(percentile(took_ms, 0.99)),
            aim="under 5 ms while nobody delivers",
        )
        with serving(data) as server:
            began, waiting = time.perf_counter(), float(PUSHES + WARM)
            stored = 0.0
            while waiting and time.perf_counter() - began < DELIVER_LIMIT_S:
                time.sleep(0.02)
                metrics = server.metrics()
                waiting = parse_metric(metrics, "parlor_durable_waiting")
                if re.search(r"^parlor_durable_delivered_total", metrics, re.MULTILINE):
                    stored = parse_metric(metrics, "parlor_durable_delivered_total")
            took_s = time.perf_counter() - began
        yield Figure(
            figure="durable_push.delivered",
            value=rounded(stored / took_s),
            unit="pushes/s",
            delivered=stored / (PUSHES + WARM),
            note=f"a backlog of {PUSHES + WARM} into the mailboxes of 500 users",
        )


if __name__ == "__main__":
    run(measure, __doc__)
