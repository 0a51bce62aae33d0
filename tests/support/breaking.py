"""What breaks while people talk: links, the server, the database server, both at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.support.mariadb import Mariadb
from tests.support.postgres import Postgres
from tests.support.relay import Relay
from tests.support.server import ParlorServer

CUT = 0.3
"""The share of the links that break at a time."""
LINKS_S = 300
"""In which somebody has a link, on a machine however slow."""


class Breaking:
    """`rounds` are counted. In three of them everything has happened: the first kills a database
    under a server that lives on, the second the server and then its database. `done` counts what
    was broken, by name; `database` is None where there is no server to kill."""

    def __init__(
        self,
        server: ParlorServer,
        database: Postgres | Mariadb | None,
        relay: Relay,
        chance: random.Random,
    ) -> None:
        self.done: Counter[str] = Counter()
        self.rounds = 0
        self._server = server
        self._database = database
        self._relay = relay
        self._chance = chance

    async def round(self, goes_on: Callable[[], Awaitable[None]]) -> None:
        """All of it is up again when this returns. `goes_on` waits until something is acknowledged
        by a server whose database was away."""
        for _ in range(self._chance.randint(1, 4)):
            await self._pause(0.1, 0.5)
            await self._cut_links()
        if self.rounds % 3 == 0 and self._database is not None:
            await self._pause(0.1, 0.5)
            await self._kill_database(self._database)
            await self._pause(0, 0.3)
            await asyncio.to_thread(self._database.start)
            await goes_on()
        await self._pause(0.1, 0.5)
        await self._server.kill()
        self.done["servers killed"] += 1
        if self.rounds % 3 == 1 and self._database is not None:
            await self._kill_database(self._database)
            await asyncio.to_thread(self._database.start)
        await self._server.start()
        self.rounds += 1

    async def _cut_links(self) -> None:
        """At least one, as soon as there is one."""
        async with asyncio.timeout(LINKS_S):
            while not (cut := self._relay.cut(CUT, self._chance)):
                await asyncio.sleep(0.05)
        self.done["links cut"] += cut

    async def _kill_database(self, database: Postgres | Mariadb) -> None:
        await asyncio.to_thread(database.kill)
        self.done["databases killed"] += 1

    async def _pause(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self._chance.uniform(least_s, most_s))
