"""15,000 connections and a server that restarts: how long until all of them are back,
from the first that is sent away to the last that is let in again.

Once it is stopped and started anew, once another process takes its place. Clients come back when
the server told them to, each with the ticket of its last hello. Beside it, how long the same
number takes to be let in the first time; and how many queries the new server's database was asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from benches.crowd import Crowd
from benches.figures import Figure, run
from benches.server import Server, folder, serving
from parlor.load.observed import parse_metric
from parlor.load.verdict import most_common
from tests.support.ports import free_port

CONNECTIONS = 15_000
BACK_LIMIT_S = 40.0
LOOK_S = 0.02
AIM = "at most 5 s"
SETTINGS = ("gateway.max_connections_per_user=20000",)


def wait_back(crowd: Crowd) -> tuple[float, str]:
    """(seconds from the first farewell until the last one was let in again, why they had gone).
    Raises RuntimeError."""
    end = time.monotonic() + BACK_LIMIT_S
    while True:
        seen = crowd.crew.seen()
        if seen.closed >= CONNECTIONS and seen.open >= CONNECTIONS:
            return (seen.last_entered_ns - seen.first_closed_ns) / 1e9, most_common(seen.closings)
        if time.monotonic() > end:
            raise RuntimeError(f"{seen.open} of {CONNECTIONS} are back, {seen.closed} had gone")
        time.sleep(LOOK_S)


def storm_by(name: str, restart: Callable[[Server, ExitStack], Server]) -> Iterator[Figure]:
    with folder() as where, ExitStack() as stack:
        flags = ("--port", str(free_port()))
        server = stack.enter_context(serving(where / "data", *flags, settings=SETTINGS))
        _, token = server.sign_up("comer")
        began = time.monotonic()
        crowd = Crowd("native_websocket", server.port, CONNECTIONS, token=token, come_back=True)
        first_s = time.monotonic() - began
        stack.callback(crowd.close)
        after = restart(server, stack)
        back_s, why = wait_back(crowd)
        reads = parse_metric(after.metrics(), "parlor_storage_reads")
        crowd.close()
    yield Figure.beside(
        f"storm.{name}",
        back_s,
        "s until all were back",
        "let in the first time",
        first_s,
        delivered=1.0,
        aim=AIM,
        note=f"{CONNECTIONS} connections; {why}",
    )
    yield Figure.beside(
        f"storm.{name}_queries",
        reads,
        "queries of the new server",
        "connections",
        CONNECTIONS,
        aim="close to none",
    )


def measure() -> Iterator[Figure]:
    def stop_and_start(server: Server, stack: ExitStack) -> Server:
        server.process.terminate()
        server.process.wait()
        flags = ("--port", str(server.port))
        return stack.enter_context(serving(server.data, *flags, settings=SETTINGS))

    def take_over(server: Server, stack: ExitStack) -> Server:
        flags = ("--port", str(server.port), "--take-over")
        return stack.enter_context(serving(server.data, *flags, settings=SETTINGS))

    yield from storm_by("restart", stop_and_start)
    yield from storm_by("take_over", take_over)


if __name__ == "__main__":
    run(measure, __doc__)
