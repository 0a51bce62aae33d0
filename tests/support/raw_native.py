"""A native connection to a running server whose requests are whatever JSON a test writes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.raw_websocket import RawWebSocket, upgrade_request


class RawNative:
    """`ask` one after the other; pushes between are dropped."""

    def __init__(self, socket: RawWebSocket) -> None:
        self.socket = socket
        self._last_id = 0

    async def ask(self, method: str, params: Any) -> Any:
        """The reply. Half characters are sent as escapes, infinity as a number too large."""
        return await self.answer(self.send(method, params))

    async def code(self, method: str, params: Any) -> str:
        """The code of the refusal, empty for a result."""
        reply = await self.ask(method, params)
        return str(reply["error"]["code"]) if "error" in reply else ""

    def send(self, method: str, params: Any) -> int:
        """The number of the request; its answer is not waited for."""
        self._last_id += 1
        message = json.dumps({"id": self._last_id, "method": method, "params": params})
        self.socket.text(message.replace("Infinity", "1e400"))
        return self._last_id

    async def answer(self, number: int) -> Any:
        async with asyncio.timeout(30):
            while True:
                reply = await self.next_message()
                if reply.get("id") == number:
                    return reply

    async def next_message(self) -> Any:
        """A reply or a push. Raises EOFError when the server has gone."""
        while True:
            event = await self.socket.event()
            if isinstance(event, str):
                return json.loads(event)


@asynccontextmanager
async def raw_native(port: int, token: str) -> AsyncIterator[RawNative]:
    """A connection whose hello was accepted."""
    socket = RawWebSocket(*await asyncio.open_connection("127.0.0.1", port))
    socket.raw(upgrade_request())
    assert " 101 " in await socket.head()
    connection = RawNative(socket)
    try:
        assert await connection.code("hello", {"token": token}) == ""
        yield connection
    finally:
        await socket.close()
