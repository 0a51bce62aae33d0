"""A WebSocket client on a bare socket: exactly the bytes that a test says, cut as it says.

Frames are built and read by hand here, so that a mistake in `parlor.wire` cannot hide in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

PATIENCE_S = 30.0
"""How long something that must come may take on a busy machine."""
EDGE_BYTES = 200
"""Of a large piece only so much at either end is sent byte by byte: a frame's head and its end."""

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN, RSV1, RSV2, RSV3 = 0x80, 0x40, 0x20, 0x10
SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@dataclass(frozen=True)
class Received:
    """One frame of the server's: its first byte as it came, and its payload."""

    first: int
    payload: bytes

    @property
    def close_code(self) -> int:
        return int.from_bytes(self.payload[:2]) if self.payload else 1005


@dataclass(frozen=True)
class Answer:
    """The head of an HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name.lower()]


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    key: bytes | None = None,
    masked: bool = True,
    length: bytes | None = None,
) -> bytes:
    """`length` replaces the length field, mask bit left to `masked`: for lengths that lie."""
    size = len(payload)
    if length is None:
        if size < 126:
            length = bytes([size])
        elif size < 65536:
            length = b"\x7e" + size.to_bytes(2)
        else:
            length = b"\x7f" + size.to_bytes(8)
    head = bytes([(FIN if fin else 0) | rsv | opcode, length[0] | (0x80 if masked else 0)])
    if not masked:
        return head + length[1:] + payload
    key = os.urandom(4) if key is None else key
    turned = key * (size // 4 + 1)
    masked_payload = (int.from_bytes(payload) ^ int.from_bytes(turned[:size])).to_bytes(size)
    return head + length[1:] + key + masked_payload


def close_frame(code: int | None = 1000, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else code.to_bytes(2) + reason)


def question(id: int, size: int = 0, pad: str = "") -> bytes:
    """A request in JSON, padded to `size` bytes; its answer has the same id."""
    made = json.dumps(
        {"id": id, "method": "heartbeat", "params": {"pad": pad}}, ensure_ascii=False
    ).encode()
    return made[:-3] + b"x" * (size - len(made)) + made[-3:]


def request_head(
    *,
    method: str = "GET",
    target: str = "/ws",
    version: str = "HTTP/1.1",
    without: Sequence[str] = (),
    extra: Sequence[str | bytes] = (),
    **replaced: str,
) -> bytes:
    """A correct handshake but for what a test changes. `replaced` names headers with `_`."""
    headers = {
        "Host": "parlor.example",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": SAMPLE_KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "parlor.v1.json",
    }
    headers |= {name.replace("_", "-"): value for name, value in replaced.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in without]
    raw = [line if isinstance(line, bytes) else line.encode() for line in [*lines, *extra]]
    return b"\r\n".join([f"{method} {target} {version}".encode(), *raw, b"", b""])


class Peer:
    """`one_by_one`: every byte is a segment of its own."""

    def __init__(self, sock: socket.socket, *, one_by_one: bool) -> None:
        self._sock = sock
        self._one_by_one = one_by_one
        self._received = b""
        self._ended = False

    @classmethod
    @contextlib.asynccontextmanager
    async def connect(
        cls, port: int, *, one_by_one: bool = False, head: bytes | None = None
    ) -> AsyncIterator[Self]:
        """After a handshake when there is a `head`, which the server must accept."""
        sock = socket.socket()
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = cls(sock, one_by_one=one_by_one)
            if head is not None:
                await peer.send(head)
                assert (await peer.answer()).status == 101
            yield peer
        finally:
            sock.close()

    async def send(self, data: bytes) -> None:
        """Sending ends where the server has hung up: what it said before can still be read."""
        pieces = [data]
        if self._one_by_one:
            edge = min(EDGE_BYTES, len(data))
            head, middle, end = data[:edge], data[edge:-edge], data[max(edge, len(data) - edge) :]
            pieces = [bytes([b]) for b in head] + [middle] + [bytes([b]) for b in end]
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            async with asyncio.timeout(PATIENCE_S):
                for piece in pieces:
                    await loop.sock_sendall(self._sock, piece)
                    await asyncio.sleep(0)

    async def sent_everything(self) -> bytes:
        """Say so (FIN), and read whatever comes until the server ends the connection."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        while await self._more():
            pass
        return self._received

    def reset(self) -> None:
        """Go without a word, as a crash does."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._sock.close()

    async def answer(self) -> Answer:
        """The server's response head."""
        while b"\r\n\r\n" not in self._received:
            if not await self._more():
                raise EOFError(f"no response head: {self._received!r}")
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        assert status.startswith("HTTP/1.1 ")
        headers = (line.partition(":") for line in lines)
        return Answer(
            int(status.split(" ")[1]),
            tuple((name.lower(), value.strip()) for name, _, value in headers),
        )

    async def next_frame(self) -> Received:
        """Raises EOFError when the server has ended the connection instead.

        Fails for what no server may send: a mask, a fragment, an unknown opcode, a length in a
        longer form than needed.
        """
        first, second = await self._exactly(2)
        allowed = {TEXT, BINARY, TEXT | RSV1, BINARY | RSV1, CLOSE, PING, PONG}
        assert first in {FIN | opcode for opcode in allowed}, hex(first)
        assert second < 0x80, "a masked server frame"
        size = second
        if second == 126:
            size = int.from_bytes(await self._exactly(2))
            assert size > 125
        elif second == 127:
            size = int.from_bytes(await self._exactly(8))
            assert size > 65535
        assert first & 0x0F < CLOSE or size <= 125
        return Received(first, await self._exactly(size))

    async def message(self) -> Any:
        """The next frame is a whole text message, of JSON."""
        received = await self.next_frame()
        assert received.first == FIN | TEXT, received
        return json.loads(received.payload)

    async def answered(self, *ids: int) -> None:
        """The next messages answer these requests, in this order."""
        for wanted in ids:
            assert (await self.message())["id"] == wanted

    async def is_alive(self) -> None:
        """Nothing was said so far, and what is asked now is answered."""
        await self.send(frame(TEXT, question(999)))
        await self.answered(999)

    async def failed(self, code: int) -> None:
        """The next frame is a close with this code, and the server ends the connection itself."""
        received = await self.next_frame()
        assert (received.first, received.close_code) == (FIN | CLOSE, code), received
        await self.ended()

    async def closed(self, code: int) -> None:
        """The server starts the closing handshake with this code, after a `bye` perhaps; it is
        answered here, and the server ends the connection."""
        while (received := await self.next_frame()).first == FIN | TEXT:
            assert b"bye" in received.payload
        assert (received.first, received.close_code) == (FIN | CLOSE, code), received
        await self.send(close_frame(code))
        await self.ended()

    async def ended(self) -> None:
        """The server ends the connection, and nothing more is said."""
        while await self._more():
            pass
        assert self._received == b""

    async def _exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            if not await self._more():
                raise EOFError(f"ended with {self._received!r}")
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    async def _more(self) -> bool:
        """Read once; False at the end of the connection."""
        if self._ended:
            return False
        async with asyncio.timeout(PATIENCE_S):
            try:
                data = await asyncio.get_running_loop().sock_recv(self._sock, 65536)
            except ConnectionResetError:
                data = b""
        self._ended = not data
        self._received += data
        return bool(data)
