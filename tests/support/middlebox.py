"""What sits between people and servers in many offices: an HTTP proxy that knows no WebSocket.

One request a connection, so that whatever it does to one does not touch another.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import Enum

LIMIT = 1 << 20


class Upgrades(Enum):
    """What becomes of a request for an upgrade."""

    PASS = "pass"
    REFUSE = "refuse"
    """Answered 400 by the box itself."""
    STRIP = "strip"
    """Passed on without what makes it one."""
    SWALLOW = "swallow"
    """Never answered."""


class Middlebox:
    """`holds_back`: a response is passed on when it has ended, not before."""

    def __init__(self, server_port: int) -> None:
        self.upgrades = Upgrades.PASS
        self.holds_back = False
        self.port = 0
        self.tunnels = 0
        """Upgraded connections that are open."""
        self.asked: list[str] = []
        """Method and path of every request, in order."""
        self._server_port = server_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break everything that is open, both ways, as a lost network does."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Cut or closed: what a proxy is used to.
            pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1")
        request, *lines = head.split("\r\n")
        headers = {line.split(":")[0].lower(): line.split(":", 1)[1].strip() for line in lines}
        self.asked.append(" ".join(request.split()[:2]))
        is_upgrade = "upgrade" in headers
        if is_upgrade and self.upgrades is Upgrades.REFUSE:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        if is_upgrade and self.upgrades is Upgrades.SWALLOW:
            await reader.read()
            return
        if is_upgrade and self.upgrades is Upgrades.STRIP:
            lines = [line for line in lines if line.split(":")[0].lower() != "upgrade"]
            is_upgrade = False
        if not is_upgrade:
            lines = [line for line in lines if line.split(":")[0].lower() != "connection"]
            lines.append("Connection: close")
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._writers.add(server_writer)
        try:
            server_writer.write("\r\n".join([request, *lines, "", ""]).encode("latin-1") + body)
            if is_upgrade:
                await self._tunnel(reader, writer, server_reader, server_writer)
            else:
                await self._answer(reader, writer, server_reader)
        finally:
            self._writers.discard(server_writer)
            server_writer.close()

    async def _answer(
        self,
        client: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server: asyncio.StreamReader,
    ) -> None:
        """The response, until either side ends it."""
        answering = asyncio.create_task(self._copy_answer(server, writer))
        leaving = asyncio.create_task(client.read(1))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    async def _copy_answer(
        self, server: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        held = b""
        while data := await server.read(65536):
            if self.holds_back:
                held += data
            else:
                writer.write(held + data)
                held = b""
                await writer.drain()
        writer.write(held)
        await writer.drain()

    async def _tunnel(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> None:
        self.tunnels += 1
        try:
            up = asyncio.create_task(_copy(reader, server_writer))
            down = asyncio.create_task(_copy(server_reader, writer))
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
        finally:
            self.tunnels -= 1


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@contextlib.asynccontextmanager
async def middlebox(server_port: int) -> AsyncIterator[Middlebox]:
    box = Middlebox(server_port)
    await box.open()
    try:
        yield box
    finally:
        await box.close()
