"""A real `parlor serve` with TLS on every port, goim's included, and two certificates."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import trusting, write_pair
from tests.support.people import Person, sign_up
from tests.support.ports import free_port
from tests.support.server import ParlorServer, running_parlor

LOG_LIMIT_S = 15.0
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass
class TlsServer:
    """`folder` has the pairs `one` (also for localhost) and `two` (`*.two.example`)."""

    server: ParlorServer
    folder: Path
    trust: ssl.SSLContext
    host: str
    ports: dict[str, int]

    async def open(
        self, port: str = "web", *, name: str = "localhost", context: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection over TLS to `web`, `tcp`, `ws`, `wss` or `http`, in the name of `name`."""
        return await asyncio.open_connection(
            self.host, self.ports[port], ssl=context or self.trust, server_hostname=name
        )

    async def open_plain(
        self, port: str = "web"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.ports[port])

    @contextlib.asynccontextmanager
    async def person(self, name: str) -> AsyncIterator[Person]:
        host = f"[{self.host}]" if ":" in self.host else "localhost"
        person = await sign_up(f"https://{host}:{self.server.port}", name, self.trust)
        yield person
        await person.rest.aclose()

    def hang_up(self) -> None:
        os.kill(self.server.pid, signal.SIGHUP)

    async def wait_log(self, words: str, times: int = 1) -> None:
        """Until `words` stand in the log that often."""
        async with asyncio.timeout(LOG_LIMIT_S):
            while self.server.log().count(words) < times:
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def tls_server(
    folder: Path, *, host: str = "127.0.0.1", settings: Sequence[str] = ()
) -> AsyncIterator[TlsServer]:
    one = write_pair(folder, "one.example", *LOCAL, stem="one")
    two = write_pair(folder, "*.two.example", stem="two")
    names = ("tcp", "ws", "wss", "http")
    ports = {name: free_port() for name in names}
    pairs = ",".join(f"{pair.certificate}:{pair.key}" for pair in (one, two))
    flags = ["--host", host, "--door", "goim"]
    for setting in (
        f"tls.certificates={pairs}",
        f"doors.goim.host={host}",
        "doors.goim.auth=open",
        "doors.goim.batch=1",
        *(f"doors.goim.{name}_port={ports[name]}" for name in names),
        *settings,
    ):
        flags += ["--set", setting]
    async with running_parlor(folder, flags) as server:
        yield TlsServer(server, folder, trusting(), host, {"web": server.port, **ports})
