"""The least that a Python server costs: `asyncio.Protocol` on uvloop that keeps connections.

`python -m benches.bare` prints its port and holds whatever connects until standard input ends.
The baseline of `idle`, `connect` and `roundtrip`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import cast

import uvloop

from parlor.load.greetings import BARE_ANSWER

RELAY = b"RELAY"
"""Whoever says this hears from then on what the others say: the baseline of `roundtrip`."""


@contextlib.contextmanager
def bare_server() -> Iterator[tuple[int, int]]:
    """(process id, port)"""
    process = subprocess.Popen(
        [sys.executable, "-m", "benches.bare"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.pid, int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


class _Kept(asyncio.Protocol):
    __slots__ = ("_listeners", "transport")

    transport: asyncio.WriteTransport

    def __init__(self, kept: set[_Kept], listeners: list[_Kept]) -> None:
        kept.add(self)
        self._listeners = listeners

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are like asyncio's, but no subclasses of them.
        self.transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """For `connect`, two answers to whatever it is told first; for `roundtrip`, a relay."""
        if data.startswith(b"GET "):
            for _ in range(2):
                self.transport.write(BARE_ANSWER)
        elif data == RELAY:
            self._listeners.append(self)
        else:
            for listener in self._listeners:
                listener.transport.write(data)


async def _serve() -> None:
    kept: set[_Kept] = set()
    listeners: list[_Kept] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Kept(kept, listeners), "127.0.0.1", 0, backlog=4096)
    gc.freeze()
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    await ended.wait()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_serve())
