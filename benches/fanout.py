"""What one delivery costs the server: 5,000 connections in a room, a body of 100 bytes.

Pushed through the HTTP API like any program does, so what HTTP, the room and the bus cost is in
the figure. Measured is the CPU time of the `parlor serve` process, user and system, divided by
deliveries; beside it a C program that does nothing but `send` as many bytes to as many sockets,
turn by turn with the server, so that both meet the same machine.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from benches.c_program import NO_COMPILER, compile_c
from benches.crowd import Crowd, stamp
from benches.figures import Figure, rounded, run
from benches.server import Web, add_push_key, folder, serving
from parlor.load.observed import cpu_s

CONNECTIONS = 5_000
BODY_BYTES = 100
TURNS = 4
ROUNDS = 10
"""Pushes (or batches) in one turn."""
GAP_S = 0.08
"""Longer than a room's joining window at 5,000 members (50 ms): each push leaves alone."""
ARRIVE_LIMIT_S = 2.0
BATCH = 20
ROOM = "bench"
BASELINE = "C send loop"


class CSender:
    """The C program with its crowd; `cost_us` runs one turn of it."""

    def __init__(self, program: Path, connections: int = CONNECTIONS) -> None:
        self._connections = connections
        self._process = subprocess.Popen(
            [program, str(connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._out = cast("IO[str]", self._process.stdout)
        self._in = cast("IO[str]", self._process.stdin)
        self._crowd: Crowd | None = None

    def connect(self) -> None:
        self._crowd = Crowd("silent", int(self._out.readline()), self._connections)

    def cost_us(self, size: int) -> float:
        """CPU of one send of `size` bytes. Raises RuntimeError when the kernel refused some."""
        self._in.write(f"{ROUNDS} {size} {round(GAP_S * 1000)}\n")
        self._in.flush()
        nanoseconds, sends, short = map(int, self._out.readline().split())
        if short:
            raise RuntimeError(f"{short} of {sends} sends of the baseline were short")
        return nanoseconds / sends / 1000

    def close(self) -> None:
        if self._crowd:
            self._crowd.close()
        self._process.kill()
        self._process.wait()
        self._in.close()
        self._out.close()


@contextmanager
def c_sender(where: Path, connections: int = CONNECTIONS) -> Iterator[CSender | None]:
    program = compile_c("send_loop", where)
    sender = CSender(program, connections) if program else None
    try:
        if sender:
            sender.connect()
        yield sender
    finally:
        if sender:
            sender.close()


def body() -> bytes:
    return stamp().ljust(BODY_BYTES, b"x")


def measure_one(
    figure: str,
    pid: int,
    crowd: Crowd,
    push: Callable[[], None],
    joined: int,
    sender: CSender | None,
    aim: str,
) -> Figure:
    """`push` makes `joined` messages that leave in one write per connection."""
    push()
    crowd.wait_seen(joined * CONNECTIONS, ARRIVE_LIMIT_S)
    warm = crowd.report()
    size = warm["bytes"] // CONNECTIONS
    used_s, base_us = 0.0, 0.0
    expected = got = 0
    for _ in range(TURNS):
        began = cpu_s(pid)
        for _ in range(ROUNDS):
            due = time.monotonic() + GAP_S
            push()
            expected += joined * CONNECTIONS
            # The next one only when this one is everywhere: on a busy machine they would join.
            got = crowd.wait_seen(expected, ARRIVE_LIMIT_S)
            time.sleep(max(0.0, due - time.monotonic()))
        used_s += cpu_s(pid) - began
        if sender:
            base_us += sender.cost_us(size) / joined / TURNS
    report = crowd.report()
    return Figure.beside(
        figure,
        used_s / expected * 1e6,
        "us CPU/delivery",
        BASELINE if sender else NO_COMPILER,
        base_us or None,
        delivered=got / expected,
        p50_ms=rounded(report["p50_ms"]),
        p99_ms=rounded(report["p99_ms"]),
        aim=aim,
        note=f"{size / joined:g} bytes on the wire each",
    )


def native(where: Path, sender: CSender | None) -> Iterator[Figure]:
    data = where / "native"
    key = add_push_key(data)
    settings = ["gateway.max_connections_per_user=20000"]
    with serving(data, settings=settings) as server:
        _, token = server.sign_up("listener")
        web = Web(server.port, key)

        def push() -> None:
            web.ask("POST", "/api/v1/push", {"to": {"room": ROOM}, "body": body().decode()})

        with Crowd("native_websocket", server.port, CONNECTIONS, token=token, room=ROOM) as crowd:
            yield measure_one(
                "fanout.unbatched", server.pid, crowd, push, 1, sender, "at most x1.15"
            )
        web.close()


def goim(
    where: Path, sender: CSender | None, batch: int, figure: str, aim: str
) -> Iterator[Figure]:
    free = [f"doors.goim.{name}_port=0" for name in ("tcp", "ws", "http")]
    settings = [
        *free,
        "doors.goim.auth=open",
        f"doors.goim.batch={batch}",
        "gateway.max_connections_per_user=20000",
    ]
    with serving(where / f"goim-{batch}", "--door", "goim", settings=settings) as server:
        web = Web(server.door_ports["http"])

        def push() -> None:
            for _ in range(batch):
                web.ask("POST", f"/goim/push/room?operation=1000&type=live&room={ROOM}", body())

        room = f"live://{ROOM}"
        with Crowd("goim_tcp", server.door_ports["tcp"], CONNECTIONS, room=room) as crowd:
            yield measure_one(figure, server.pid, crowd, push, batch, sender, aim)
        web.close()


def measure() -> Iterator[Figure]:
    with folder() as where, c_sender(where) as sender:
        yield from native(where, sender)
        yield from goim(where, sender, 1, "fanout.goim_unbatched", "at most x1.15")
        yield from goim(where, sender, BATCH, "fanout.goim_batched", "at most 0.35 us")


if __name__ == "__main__":
    run(measure, __doc__)
