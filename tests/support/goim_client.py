"""A goim client that knows nothing but bytes: what the network tests speak through.

It builds and reads frames by hand, so that a mistake in `parlor.wire` cannot hide in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

PATIENCE_S = 30.0
"""How long something that must come may take on a busy machine."""


@dataclass(frozen=True)
class Packet:
    op: int
    body: bytes
    version: int
    seq: int


def packet(op: int, body: bytes = b"", *, version: int = 1, seq: int = 1) -> bytes:
    return struct.pack(">ihhii", 16 + len(body), 16, version, op, seq) + body


def split(data: bytes) -> list[Packet]:
    """Complete packets back to back; fails when the last one is not whole."""
    packets = []
    while data:
        size, header, version, op, seq = struct.unpack(">ihhii", data[:16])
        assert header == 16
        assert 16 <= size <= len(data)
        packets.append(Packet(op, data[16:size], version, seq))
        data = data[size:]
    return packets


def messages(data: bytes) -> list[bytes]:
    """The payloads of whole server frames back to back, short ones at least."""
    found = []
    while data:
        size, head = data[1], 2
        if size == 126:
            size, head = int.from_bytes(data[2:4]), 4
        assert size < 127 or head == 4
        found.append(data[head : head + size])
        data = data[head + size :]
    return found


class _Client:
    """What both transports share: the reader and writer of one socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    def send_bytes(self, data: bytes) -> None:
        """Exactly these bytes, whatever they mean."""
        self.writer.write(data)

    async def read_exactly(self, count: int) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readexactly(count)

    async def read_to_end(self, timeout_s: float = PATIENCE_S) -> bytes:
        """Everything until the server closes; TimeoutError when it does not."""
        parts = bytearray()
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    part = await self.reader.read(65536)
                except ConnectionResetError:
                    return bytes(parts)
                if not part:
                    return bytes(parts)
                parts += part

    # What a transport adds: one packet each way.
    def send(self, data: bytes) -> None:
        raise NotImplementedError

    async def read(self) -> Packet:
        raise NotImplementedError

    async def read_pushes(self, count: int) -> list[Packet]:
        raise NotImplementedError

    async def ask(self, op: int, body: bytes = b"", *, seq: int = 1) -> Packet:
        self.send(packet(op, body, seq=seq))
        return await self.read()

    async def log_in(self, **fields: Any) -> None:
        self.send(packet(7, json.dumps(fields).encode()))
        assert await self.read() == Packet(8, b"", 1, 1)

    async def online(self) -> int:
        """The count in the reply to a heartbeat."""
        reply = await self.ask(2)
        assert reply.op == 3
        return int.from_bytes(reply.body, signed=True)

    async def assert_silent(self) -> None:
        """Nothing was pushed so far: the very next packet answers what is sent now.

        Holds for pushes that the server had before it reads this; no time is waited.
        """
        mark = os.urandom(3)
        seq = int.from_bytes(mark)
        reply = await self.ask(2, seq=seq)
        assert (reply.op, reply.seq) == (3, seq)


class GoimTcp(_Client):
    @classmethod
    async def connect(cls, port: int, host: str = "127.0.0.1") -> Self:
        return cls(*await asyncio.open_connection(host, port))

    def send(self, data: bytes) -> None:
        self.send_bytes(data)

    async def read(self) -> Packet:
        head = await self.read_exactly(4)
        rest = await self.read_exactly(int.from_bytes(head) - 4)
        (found,) = split(head + rest)
        return found

    async def read_pushes(self, count: int) -> list[Packet]:
        return [await self.read() for _ in range(count)]


UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


class GoimWebSocket(_Client):
    @classmethod
    async def connect(cls, port: int, path: str = "/sub", host: str = "127.0.0.1") -> Self:
        client = cls(*await asyncio.open_connection(host, port))
        client.send_bytes(UPGRADE.format(path=path, more="").encode())
        async with asyncio.timeout(PATIENCE_S):
            head = (await client.reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith("HTTP/1.1 101 ")
        # The answer to the sample key of RFC 6455 §1.3.
        assert "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        return client

    def send(self, data: bytes, opcode: int = 2, *, fin: bool = True, masked: bool = True) -> None:
        size = len(data)
        first = (0x80 if fin else 0) | opcode
        flag = 0x80 if masked else 0
        if size < 126:
            head = bytes([first, flag | size])
        elif size < 65536:
            head = bytes([first, flag | 126]) + size.to_bytes(2)
        else:
            head = bytes([first, flag | 127]) + size.to_bytes(8)
        if masked:
            key = os.urandom(4)
            data = bytes(byte ^ key[i & 3] for i, byte in enumerate(data))
            head += key
        self.send_bytes(head + data)

    async def read_message(self) -> tuple[int, bytes]:
        """(opcode, payload) of one server frame; servers neither mask nor fragment here."""
        first, second = await self.read_exactly(2)
        assert first & 0xF0 == 0x80
        assert second < 128
        size = second
        if second == 126:
            size = int.from_bytes(await self.read_exactly(2))
        elif second == 127:
            size = int.from_bytes(await self.read_exactly(8))
        return first & 0x0F, await self.read_exactly(size)

    async def read(self) -> Packet:
        """One packet in one binary message: a text message would break goim's own client."""
        opcode, payload = await self.read_message()
        assert opcode == 2
        (found,) = split(payload)
        return found

    async def read_batch(self) -> list[Packet]:
        """One message of pushes: an operation 9, version 1, sequence 0, and what is in it."""
        outer = await self.read()
        assert (outer.op, outer.version, outer.seq) == (9, 1, 0)
        return split(outer.body)

    async def read_pushes(self, count: int) -> list[Packet]:
        pushes: list[Packet] = []
        while len(pushes) < count:
            pushes += await self.read_batch()
        assert len(pushes) == count
        return pushes
