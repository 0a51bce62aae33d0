"""What a connection costs that does nothing: memory of 15,000 of them, and CPU for their
heartbeats.

Memory is how much the resident set of the server process grew, divided by connections; what the
kernel holds for each socket is not in it, nor in the baseline's. The first 2,000 are not counted:
they use up what the start left free. Each connection is another user's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from benches.bare import bare_server
from benches.crowd import Crowd
from benches.figures import Figure, rounded, run
from benches.server import add_people, folder, serving
from parlor.load.observed import cpu_s, resident_bytes

CONNECTIONS = 15_000
FIRST = 2_000
HEARTBEAT_S = 25.0
"""The server's own setting: how often a client that is idle is heard."""
SETTLE_S = 1.0
MEASURE_S = 5.0
AIM = "at most 4 kB"


def bare_bytes() -> float:
    with bare_server() as (pid, port), Crowd("silent", port, FIRST):
        before = settled_bytes(pid)
        with Crowd("silent", port, CONNECTIONS - FIRST):
            return (settled_bytes(pid) - before) / (CONNECTIONS - FIRST)


def settled_bytes(pid: int) -> int:
    time.sleep(SETTLE_S)
    return resident_bytes(pid)


def connections_of(kind: str, where: Path, bare: float) -> Iterator[Figure]:
    tokens = add_people(where / kind, CONNECTIONS)
    with serving(where / kind) as server:
        name = kind.removeprefix("native_")
        with Crowd(kind, server.port, FIRST, token=tokens[:FIRST]):
            before = settled_bytes(server.pid)
            began, used_s = time.monotonic(), cpu_s(server.pid)
            rest = CONNECTIONS - FIRST
            with Crowd(kind, server.port, rest, token=tokens[FIRST:]) as crowd:
                took_s, used_s = time.monotonic() - began, cpu_s(server.pid) - used_s
                yield Figure.beside(
                    f"idle.{name}",
                    (settled_bytes(server.pid) - before) / rest / 1000,
                    "kB RSS/connection",
                    "bare asyncio.Protocol",
                    bare / 1000,
                    aim=AIM,
                    note=f"{CONNECTIONS} held; let in at {rest / took_s:.0f}/s,"
                    f" {used_s / rest * 1e6:.0f} us CPU each",
                )
                yield from heartbeats(name, server.pid, crowd)


def heartbeats(name: str, pid: int, crowd: Crowd) -> Iterator[Figure]:
    """Beside the same server without any."""
    began = cpu_s(pid)
    time.sleep(MEASURE_S / 2)
    quiet = (cpu_s(pid) - began) / (MEASURE_S / 2)
    crowd.beat(CONNECTIONS / HEARTBEAT_S)
    crowd.report()
    began = cpu_s(pid)
    time.sleep(MEASURE_S)
    busy = (cpu_s(pid) - began) / MEASURE_S
    crowd.beat(0)
    report = crowd.report()
    answered = report["bytes"] > 0 and not report["closed"]
    yield Figure.beside(
        f"idle.{name}_cpu",
        busy * 1000,
        "ms CPU/s",
        "without heartbeats",
        quiet * 1000,
        note=f"{CONNECTIONS / HEARTBEAT_S:.0f} heartbeats/s, "
        f"{rounded((busy - quiet) * 1e6 / (CONNECTIONS / HEARTBEAT_S))} us each"
        + ("" if answered else "; NOT all connections were answered"),
    )


def measure() -> Iterator[Figure]:
    bare = bare_bytes()
    with folder() as where:
        yield from connections_of("native_websocket", where, bare)
        yield from connections_of("native_tcp", where, bare)


if __name__ == "__main__":
    run(measure, __doc__)
