"""What it costs to let somebody in: from accept to the reply to hello.

CPU time of the server process per connection, over connections opened as fast as one generator
can. The baseline is the least that a server in Python does for one: accept, read the handshake
and the hello, write two answers (`benches.bare`). Each connection is another user's, with
a token of its own: no answer of the database serves two.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benches.bare import bare_server
from benches.crowd import Crowd
from benches.figures import Figure, run
from benches.server import add_people, folder, serving
from parlor.load.greetings import Who, native_websocket
from parlor.load.observed import cpu_s

CONNECTIONS = 6_000
FIRST = 1_000
"""Not measured: until then code is cold and tables grow."""
KINDS = ("native_websocket", "native_tcp", "resumed_websocket")
AIM = "at most 250 us, 4,000/s a core"


def entered(kind: str, pid: int, port: int, tokens: Sequence[str] = ("",)) -> tuple[float, float]:
    """(CPU microseconds of the server for each connection, connections a second)"""
    with Crowd(kind, port, FIRST, token=tokens[:FIRST]):
        rest = CONNECTIONS - FIRST
        began, used_s = time.monotonic(), cpu_s(pid)
        with Crowd(kind, port, rest, token=tokens[FIRST:] or tokens):
            used_s = cpu_s(pid) - used_s
            return used_s / rest * 1e6, rest / (time.monotonic() - began)


def bare_us() -> float:
    with bare_server() as (pid, port):
        return entered("answered", pid, port)[0]


def connect_by(kind: str, where: Path, bare: float) -> Figure:
    tokens = add_people(where / kind, CONNECTIONS)
    with serving(where / kind, settings=["gateway.max_connections_per_user=20000"]) as server:
        if kind == "resumed_websocket":
            tokens = [ticket_for(server.port, tokens[0])]
        used_us, per_s = entered(kind, server.pid, server.port, tokens)
        return Figure.beside(
            f"connect.{'resumed' if kind == 'resumed_websocket' else kind.removeprefix('native_')}",
            used_us,
            "us CPU/connect",
            "bare accept and two answers",
            bare,
            aim=AIM,
            note=f"{1e6 / used_us:.0f}/s a core; {per_s:.0f}/s here, generator beside it",
        )


def ticket_for(port: int, token: str) -> str:
    """Say hello once. Raises RuntimeError when the server gives no ticket."""
    greeting = native_websocket(Who(token))
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(greeting.first)
        while (entered := greeting.enter(received)) is None:
            received += sock.recv(65_536)
    if entered.ticket:
        return entered.ticket
    raise RuntimeError("the server gives no resume tickets")


def measure() -> Iterator[Figure]:
    bare = bare_us()
    with folder() as where:
        for kind in KINDS:
            yield connect_by(kind, where, bare)


if __name__ == "__main__":
    run(measure, __doc__)
