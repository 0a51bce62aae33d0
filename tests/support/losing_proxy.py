"""A link of the native TCP protocol that loses whole messages, of the kind and as often as told.

For what a client and a server do about a message that the other side never got while the
connection itself goes on, which cut links do not show.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from parlor.wire.native.framing import LengthReader, build_framed

_MAX_BYTES = 1 << 20


class LosingProxy:
    """Messages are known by name: `request METHOD`, `reply METHOD` (of that request) or
    `push NAME`. Those for whose name `loses` says true are dropped."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.lost: list[str] = []
        """The names of what was dropped, in order."""
        self.loses: Callable[[str], bool] = lambda _: False
        self._server_port = server_port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"tcp://localhost:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        asked: dict[int, str] = {}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._copy(reader, server_writer, asked))
                both.create_task(self._copy(server_reader, writer, asked))
        except* OSError:
            # Cut or closed: what a link is used to.
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            server_writer.close()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[int, str]
    ) -> None:
        frames = LengthReader(_MAX_BYTES)
        while data := await reader.read(65536):
            for message in frames.feed(data):
                name = _name(msgspec.msgpack.decode(message), asked)
                if self.loses(name):
                    self.lost.append(name)
                else:
                    writer.write(build_framed(message))
            await writer.drain()
        writer.close()


def _name(message: list[Any], asked: dict[int, str]) -> str:
    first, second = message[0], message[1]
    if isinstance(first, str):
        return f"push {first}"
    if isinstance(second, str):
        asked[first] = second
        return f"request {second}"
    return f"reply {asked.get(first, '')}"


@contextlib.asynccontextmanager
async def losing_proxy(server_port: int) -> AsyncIterator[LosingProxy]:
    proxy = LosingProxy(server_port)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
