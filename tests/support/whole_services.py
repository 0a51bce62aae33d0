"""Everything behind a gateway as a server has it, on SQLite, in this process, without sockets."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from parlor.boot.accounts import AccountServices, open_services
from parlor.boot.assemble import build_server
from parlor.boot.auth import open_authentication
from parlor.boot.config import load, parse_assignment
from parlor.boot.sections import SECTIONS
from parlor.boot.server import Server
from parlor.boot.storage import DATABASE_FILE
from parlor.gateway.requests import Requests
from parlor.gateway.state.link import Link
from parlor.model.account import Identity
from parlor.model.errors import ParlorError, WireError
from parlor.wire.native.codec import Codec, JsonCodec
from parlor.wire.native.methods import Result
from tests.support.links import make_link
from tests.support.people import PASSWORD

QUICK = ("accounts.hash_passes=1", "accounts.hash_memory_kib=1024")


class Asker:
    """Whoever asks one request after the other, and gets what a connection would get."""

    def __init__(self, requests: Requests, identity: Identity, token: str) -> None:
        self.identity: Identity | None = identity
        self.token = token
        self.link: Link = make_link(identity.user, identity.user, identity.device)[0]
        self.codec: Codec = JsonCodec()
        self._requests = requests
        self._answers: list[Result | ParlorError] = []
        self._answered = asyncio.Event()

    @property
    def id(self) -> str:
        assert self.identity is not None
        return self.identity.user

    async def ask(self, message: bytes) -> Result | ParlorError:
        """The one answer to a whole message, however it is broken."""
        self._answers.clear()
        self._answered.clear()
        try:
            request = self.codec.parse_request(message)
        except WireError as broken:
            return broken
        self._requests.handle(self, request)
        async with asyncio.timeout(30):
            await self._answered.wait()
        await self._requests.wait_until_done()
        assert len(self._answers) == 1
        return self._answers[0]

    def greet(self, identity: Identity, instance: str) -> None:
        pass

    def renew(self, identity: Identity) -> None:
        pass

    def on_answer(self, id: int, answer: Result | ParlorError) -> None:
        self._answers.append(answer)
        self._answered.set()

    def track(self, task: asyncio.Future[None]) -> None:
        pass


class WholeServices:
    def __init__(self, base: AccountServices, server: Server, file: Path) -> None:
        self.server = server
        self._base = base
        self._watching = sqlite3.connect(file)

    async def sign_up(self, name: str) -> Asker:
        signed_in = await self._base.signing.sign_up(
            name, PASSWORD, "", device="web", address="192.0.2.1"
        )
        token = signed_in.tokens.token
        identity = await self.server.api.authentication.authenticate(token, "192.0.2.1")
        return Asker(self.server.native.requests, identity, token)

    def writes(self) -> int:
        """Another number whenever anything at all has been committed to the database since."""
        number: int = self._watching.execute("PRAGMA data_version").fetchone()[0]
        return number

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        names = self._watching.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: self._watching.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in names.fetchall()
        }

    def close(self) -> None:
        self._watching.close()


@asynccontextmanager
async def whole_services(
    folder: Path, settings: Sequence[str] = QUICK
) -> AsyncIterator[WholeServices]:
    """As `parlor serve` wires them; nothing that works by itself is running."""
    given = [
        parse_assignment(f"server.data={folder}", "test"),
        *(parse_assignment(setting, "test") for setting in settings),
    ]
    config = load(SECTIONS, file=None, environment={}, flags=given)
    async with AsyncExitStack() as stack:
        base = await open_services(config, stack)
        authentication = await open_authentication(
            config,
            stack,
            base.database,
            base.secrets,
            base.sign_ins,
            base.people,
            base.clock,
            base.meter,
        )
        whole = WholeServices(
            base, build_server(config, base, authentication), folder / DATABASE_FILE
        )
        stack.callback(whole.close)
        yield whole
