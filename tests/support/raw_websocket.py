"""A WebSocket client that does exactly what a test says, wrong things included."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass

from parlor.wire.native.codec import JSON_SUBPROTOCOL
from parlor.wire.websocket import (
    CloseReceived,
    Event,
    FrameReader,
    Opcode,
    ReaderLimits,
    build_masked,
)


def upgrade_request(
    *,
    path: str = "/ws",
    host: str = "parlor.example",
    connection: str = "Upgrade",
    subprotocols: Sequence[str] = (JSON_SUBPROTOCOL,),
    origin: str | None = None,
    extra: Sequence[str] = (),
) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"Connection: {connection}",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *extra,
    ]
    if subprotocols:
        lines.append("Sec-WebSocket-Protocol: " + ", ".join(subprotocols))
    if origin is not None:
        lines.append(f"Origin: {origin}")
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class RawWebSocket:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __post_init__(self) -> None:
        self._frames = FrameReader(ReaderLimits(1 << 24, 1 << 24, from_client=False))
        self.events: list[Event] = []

    async def head(self) -> str:
        """The server's answer to the upgrade."""
        return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    def text(self, message: str | bytes) -> None:
        payload = message.encode() if isinstance(message, str) else message
        self.raw(build_masked(Opcode.TEXT, payload, os.urandom(4)))

    def raw(self, data: bytes) -> None:
        self.writer.write(data)

    async def event(self) -> Event:
        """The next message or control frame. Raises EOFError when the server has gone."""
        while not self.events:
            data = await self.reader.read(65_536)
            if not data:
                raise EOFError
            self.events += self._frames.feed(data)
        return self.events.pop(0)

    async def close_code(self) -> int:
        """Everything up to the close frame is dropped; then the socket must end too."""
        while True:
            event = await self.event()
            if isinstance(event, CloseReceived):
                self.raw(build_masked(Opcode.CLOSE, event.code.to_bytes(2), os.urandom(4)))
                while await self.reader.read(65_536):
                    continue
                return event.code

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            # The server was faster.
            return
