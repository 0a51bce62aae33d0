"""A wire between clients and a server that a test can break: TCP passed on as it comes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Relay:
    """Clients connect to `port`. The server may come and go behind it."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self._server_port = server_port
        self._links: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, ...]] = {}

    def cut(self, share: float, chance: random.Random) -> int:
        """Break about `share` of what is open, both ways, without a word; how many."""
        doomed = [writers for writers in self._links.values() if chance.random() < share]
        for writers in doomed:
            for writer in writers:
                writer.transport.abort()
        return len(doomed)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            up, down = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._links[task] = (writer, down)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_pass_on(reader, down))
                ways.create_task(_pass_on(up, writer))
        except* OSError:
            pass
        finally:
            del self._links[task]
            writer.transport.abort()
            down.transport.abort()

    async def end(self) -> None:
        tasks = tuple(self._links)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Raises ConnectionError at the end of `source`, so that the other way ends, too."""
    while data := await source.read(65_536):
        sink.write(data)
        await sink.drain()
    raise ConnectionResetError


@asynccontextmanager
async def relay_to(server_port: int) -> AsyncIterator[Relay]:
    relay = Relay(server_port)
    listener = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    relay.port = listener.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        listener.close()
        await relay.end()
