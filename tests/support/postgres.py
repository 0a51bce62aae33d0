"""Debian's PostgreSQL in a temporary folder, and a database in it for each test.

One server for a test session, started when first asked for and ended with it. It writes nothing
through to the disk unless it is `durable`: contract tests are about what is stored, not whether
it survives the machine.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from itertools import count
from pathlib import Path

import asyncpg

from parlor.drivers.postgres.server import make_engines
from parlor.drivers.sql.revision import make_tables
from parlor.drivers.sql.settings import StorageSettings
from tests.support.as_nobody import Account, end
from tests.support.ports import free_port

PATIENCE_S = 180.0
"""To start, recover or die: a machine that tests other things, too, writes slowly."""
CAREFUL = "careful"
"""A user of whom a password is wanted; a test makes it."""
_NEW = "new_parlor"
"""A database with all tables and nothing in them, of which every test gets a copy."""
_numbers = count(1)


class Postgres:
    """A running server. `kill` and `start` again as often as a test wants."""

    def __init__(self, *, durable: bool = False) -> None:
        self._account = Account("postgres")
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self.folder = self._account.folder("parlor-pg-")
        self.port = free_port()
        self._log = (self.folder / "log").open("wb")
        flags = () if durable else ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
        self._flags = [part for flag in flags for part in ("-c", flag)]
        data = self.folder / "data"
        options = ["-U", "parlor", "-E", "UTF8", "--locale=C", "--no-sync", "-A", "trust"]
        self._account.run(self._bin / "initdb", "-D", data, *options, cwd=self.folder)
        access = data / "pg_hba.conf"
        access.write_text(f"host all {CAREFUL} 127.0.0.1/32 scram-sha-256\n{access.read_text()}")
        self.start()

    def start(self) -> None:
        self.process = self._account.start(
            self._bin / "postgres",
            *("-D", self.folder / "data", "-k", self.folder, "-p", f"{self.port}"),
            *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
            *("-c", "shared_buffers=32MB", *self._flags),
            cwd=self.folder,
            log=self._log,
        )
        where = ("-h", "127.0.0.1", "-p", f"{self.port}")
        ready: list[str | Path] = [self._bin / "pg_isready", "-q", *where]
        ends_at = time.monotonic() + PATIENCE_S
        while subprocess.run(ready).returncode:
            if self.process.poll() is not None or time.monotonic() > ends_at:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.1)

    def kill(self) -> None:
        """As if the machine had lost its power: every process at once."""
        # Stopped, it neither begins another nor forgets one that has just ended.
        self.process.send_signal(signal.SIGSTOP)
        about = Path(f"/proc/{self.process.pid}")
        while "T (stopped)" not in (about / "status").read_text():
            time.sleep(0.001)
        children = (about / "task" / f"{self.process.pid}" / "children").read_text()
        for pid in (*map(int, children.split()), self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def end(self) -> None:
        self._log.close()
        end(self.process, self.folder)

    def url(self, database: str, password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"postgresql://parlor{secret}@127.0.0.1:{self.port}/{database}"

    def size(self, database: str) -> int:
        """Bytes of everything in it."""
        size = f"SELECT pg_database_size('{database}')"
        where = ("-h", f"{self.folder}", "-p", f"{self.port}", "-U", "parlor")
        psql = ["psql", "-XAt", *where, "-c", size, database]
        done = subprocess.run(psql, capture_output=True, check=True)
        return int(done.stdout)

    async def run(self, statement: str, database: str = "postgres") -> None:
        link = await asyncpg.connect(self.url(database))
        try:
            await link.execute(statement)
        finally:
            await link.close()


@cache
def shared_postgres() -> Postgres:
    server = Postgres()
    atexit.register(server.end)
    return server


@asynccontextmanager
async def postgres_url(
    server: Postgres | None = None, *, empty: bool = False
) -> AsyncIterator[str]:
    """The address of a database of the caller's own, with all tables unless `empty`."""
    server = server or shared_postgres()
    name = f"test_{next(_numbers)}"
    if empty:
        await server.run(f"CREATE DATABASE {name}")
    else:
        if server not in _templates:
            await _make_template(server)
            _templates.add(server)
        await server.run(f"CREATE DATABASE {name} TEMPLATE {_NEW}")
    try:
        yield server.url(name)
    finally:
        await server.run(f"DROP DATABASE {name} WITH (FORCE)")


_templates: set[Postgres] = set()


async def _make_template(server: Postgres) -> None:
    await server.run(f"CREATE DATABASE {_NEW}")
    engines = make_engines(StorageSettings(url=server.url(_NEW)))
    async with engines.together.begin() as connection:
        await connection.run_sync(make_tables)
    await engines.dispose()
