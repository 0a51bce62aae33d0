"""Whole messages over a WebSocket or a TCP connection, from the client's side."""

from __future__ import annotations

import asyncio
import re
from ssl import SSLContext
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed as WebSocketClosed
from websockets.typing import Subprotocol

from parlor.model.errors import WireError
from parlor.wire.native.codec import BY_SUBPROTOCOL, MSGPACK, Codec
from parlor.wire.native.framing import LENGTH_BYTES, build_framed

_AFTER = re.compile(r"after_s=([0-9.]+)")
READ_BYTES = 65_536


class Closed(Exception):
    """The link has ended. `code` is a close code, 1006 when nobody said why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason

    @property
    def after_s(self) -> float:
        """How long the server asks to stay away; 0 when it does not."""
        found = _AFTER.search(self.reason)
        return float(found[1]) if found else 0.0


class Transport(Protocol):
    codec: Codec

    async def send(self, message: bytes) -> None:
        """Raises Closed."""

    async def receive(self) -> bytes | str:
        """The next whole message. Raises Closed."""

    async def close(self) -> None: ...


class WebSocketTransport:
    """Raises what `websockets` raises when the handshake fails."""

    def __init__(self, socket: ClientConnection, codec: Codec) -> None:
        self._socket = socket
        self.codec = codec

    @classmethod
    async def open(
        cls, url: str, subprotocol: str, *, max_bytes: int, context: SSLContext | None = None
    ) -> WebSocketTransport:
        socket = await connect_websocket(
            url,
            ssl=context,
            subprotocols=[Subprotocol(subprotocol)],
            compression=None,
            max_size=max_bytes,
            ping_interval=None,
        )
        return cls(socket, BY_SUBPROTOCOL[subprotocol])

    async def send(self, message: bytes) -> None:
        try:
            await self._socket.send(message, text=self.codec.is_text)
        except WebSocketClosed as closed:
            raise _closed(closed) from closed

    async def receive(self) -> bytes | str:
        try:
            return await self._socket.recv()
        except WebSocketClosed as closed:
            raise _closed(closed) from closed

    async def close(self) -> None:
        await self._socket.close()


class TcpTransport:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, max_bytes: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._max_bytes = max_bytes
        self.codec: Codec = MSGPACK

    @classmethod
    async def open(
        cls, url: str, *, max_bytes: int, context: SSLContext | None = None
    ) -> TcpTransport:
        """Over TLS when there is a `context`."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port, limit=READ_BYTES, ssl=context
        )
        return cls(reader, writer, max_bytes)

    async def send(self, message: bytes) -> None:
        try:
            self._writer.write(build_framed(message))
            await self._writer.drain()
        except OSError as broken:
            raise Closed(1006, str(broken)) from broken

    async def receive(self) -> bytes | str:
        try:
            size = int.from_bytes(await self._reader.readexactly(LENGTH_BYTES), "big")
            if size > self._max_bytes:
                raise WireError("a message over the limit")
            return await self._reader.readexactly(size)
        except (OSError, asyncio.IncompleteReadError) as broken:
            raise Closed(1006, "the connection was cut") from broken

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            # The peer was faster; closed is closed.
            return


def _closed(closed: WebSocketClosed) -> Closed:
    said = closed.rcvd or closed.sent
    return Closed(said.code, said.reason) if said else Closed(1006, "the connection was cut")
