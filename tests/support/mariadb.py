"""Debian's MariaDB in a temporary folder, and a database in it for each test.

As `tests.support.postgres`; but MariaDB copies no databases, so they are emptied and used again.
With `PARLOR_TEST_MYSQLD=/path/to/mysqld` the same tests run against that MySQL (8.0.17 or later).
"""

from __future__ import annotations

import atexit
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from itertools import count
from typing import Any

import asyncmy
from sqlalchemy import Connection

from parlor.drivers.mysql.server import MysqlServer, make_engines
from parlor.drivers.sql.revision import bring_up_to_date
from parlor.drivers.sql.schema import metadata
from parlor.drivers.sql.settings import StorageSettings
from tests.support.as_nobody import Account, end
from tests.support.ports import free_port

PATIENCE_S = 180.0
"""To start, recover or die: a machine that tests other things, too, writes slowly."""
MYSQLD = os.environ.get("PARLOR_TEST_MYSQLD")
_numbers = count(1)


class Mariadb:
    """A running server. `kill` and `start` again as often as a test wants."""

    def __init__(self, *, durable: bool = False) -> None:
        self._account = Account("mysql")
        self.folder = self._account.folder("parlor-my-")
        self.port = free_port()
        self._log = (self.folder / "log").open("wb")
        hasty = ("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0")
        self._flags = () if durable else (*hasty, "--innodb-file-per-table=0")
        data = f"--datadir={self.folder / 'data'}"
        if MYSQLD:
            self._account.run(
                MYSQLD, "--no-defaults", data, "--initialize-insecure", cwd=self.folder
            )
        else:
            self._account.run(
                "mariadb-install-db",
                "--no-defaults",
                data,
                # TMPDIR may be a folder where its account may not write.
                f"--tmpdir={self.folder}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                cwd=self.folder,
            )
        self.start()

    def start(self) -> None:
        self.process = self._account.start(
            MYSQLD or "mariadbd",
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--tmpdir={self.folder}",
            f"--socket={self.socket}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            *(("--mysqlx=OFF",) if MYSQLD else ("--skip-name-resolve",)),
            "--innodb-buffer-pool-size=64M",
            "--max-connections=300",
            *self._flags,
            cwd=self.folder,
            log=self._log,
        )
        ends_at = time.monotonic() + PATIENCE_S
        while b"ready for connections" not in (self.folder / "log").read_bytes()[self._seen :]:
            if self.process.poll() is not None or time.monotonic() > ends_at:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    _seen = 0

    @property
    def socket(self) -> str:
        return f"{self.folder}/s"

    def kill(self) -> None:
        """As if the machine had lost its power."""
        self._seen = (self.folder / "log").stat().st_size
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def end(self) -> None:
        self._log.close()
        self.process.kill()
        end(self.process, self.folder)

    def url(self, database: str) -> str:
        return f"mysql://root@127.0.0.1:{self.port}/{database}"

    def size(self, database: str) -> int:
        """Bytes of everything in it."""
        return sum(file.stat().st_size for file in (self.folder / "data" / database).iterdir())

    async def run(self, *statements: str, database: str | None = None) -> None:
        link: Any = await asyncmy.connect(
            user="root", host="127.0.0.1", port=self.port, db=database, autocommit=True
        )
        try:
            async with link.cursor() as cursor:
                for statement in statements:
                    await cursor.execute(statement)
        finally:
            link.close()


@cache
def shared_mariadb() -> Mariadb:
    server = Mariadb()
    atexit.register(server.end)
    return server


@asynccontextmanager
async def mariadb_url(server: Mariadb | None = None, *, empty: bool = False) -> AsyncIterator[str]:
    """The address of a database of the caller's own, with all tables unless `empty`."""
    server = server or shared_mariadb()
    clean = _clean.setdefault(server, [])
    if clean and not empty:
        name = clean.pop()
    else:
        name = f"test_{next(_numbers)}"
        # The least useful default that there is, so that nothing relies on a good one.
        await server.run(f"CREATE DATABASE {name} CHARACTER SET latin1 COLLATE latin1_swedish_ci")
        if not empty:
            await _make_tables(StorageSettings(url=server.url(name)))
    yield server.url(name)
    if empty:
        await server.run(f"DROP DATABASE {name}")
    else:
        # Making the tables takes many times as long.
        rows = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
        await server.run("SET foreign_key_checks = 0", *rows, database=name)
        clean.append(name)


_clean: dict[Mariadb, list[str]] = {}
"""Databases with all tables and nothing in them."""


async def _make_tables(settings: StorageSettings) -> None:
    def work(connection: Connection) -> None:
        with MysqlServer(settings).migrating(connection):
            bring_up_to_date(connection)

    engines = make_engines(settings)
    async with engines.together.begin() as connection:
        await connection.run_sync(work)
    await engines.dispose()
