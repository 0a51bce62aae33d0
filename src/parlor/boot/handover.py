"""One server takes the place of another without closing a port: both ends of the conversation.

The running server listens at `handover.sock` in its data folder. Its successor connects, is given
the listening sockets and the lock of the folder, gets ready and says so. The running one then
accepts no more, answers what it has begun, and gives what it knows and no database does (`state`);
from there on the successor accepts, and the clients of the old one are told to come back. Who
connects in between waits in the kernel's queue of the same socket: nobody is refused.

Until the successor has said that it is ready it may die without harm: nothing has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger()

SOCKET_NAME = "handover.sock"
MAX_LISTENERS = 32
MAX_LINE_BYTES = 65_536
MAX_STATE_BYTES = 1 << 30
REACH_LIMIT_S = 5.0
_READY = b"ready\n"
_SIZE_BYTES = 8


class HandoverFailed(Exception):
    """One line that says why the place could not be taken. Exit status 1."""


class Listeners(dict[str, socket.socket]):
    """Listening sockets by name and address as the settings say it, `http 127.0.0.1:8080`."""

    def take(self, name: str, host: str, port: int) -> socket.socket | None:
        """The predecessor's socket for exactly this, which is then the caller's."""
        return self.pop(listener_name(name, host, port), None)

    def close(self) -> None:
        """Let go of those that nobody took: the settings have changed."""
        for listener in self.values():
            listener.close()
        self.clear()


def listener_name(name: str, host: str, port: int) -> str:
    return f"{name} {host}:{port}"


class Predecessor:
    """The server that runs in the folder now, as its successor sees it."""

    def __init__(self, channel: socket.socket, lock: int, listeners: Listeners) -> None:
        self._channel = channel
        self.lock = lock
        self.listeners = listeners

    @classmethod
    def reach(cls, folder: Path) -> Predecessor | None:
        """None when no server runs there. Raises HandoverFailed when one does not answer."""
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        channel.settimeout(REACH_LIMIT_S)
        try:
            with _reachable(folder) as address:
                channel.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            channel.close()
            return None
        except OSError as wrong:
            channel.close()
            raise HandoverFailed(f"data folder {folder}: {SOCKET_NAME}: {wrong}") from wrong
        try:
            line, descriptors, _, _ = socket.recv_fds(channel, MAX_LINE_BYTES, MAX_LISTENERS + 1)
            names = msgspec.json.decode(line, type=list[str])
            if not descriptors or len(descriptors) != len(names) + 1:
                raise HandoverFailed(
                    f"data folder {folder}: the running server hands over to another one already"
                )
            sockets = [socket.socket(fileno=each) for each in descriptors[1:]]
        except (OSError, msgspec.MsgspecError) as wrong:
            channel.close()
            raise HandoverFailed(
                f"data folder {folder}: the running server did not hand over: {wrong}"
            ) from wrong
        return cls(channel, descriptors[0], Listeners(zip(names, sockets, strict=True)))

    def close(self) -> None:
        """Do not take over after all."""
        self._channel.close()

    async def replace(self, limit_s: float) -> bytes:
        """Say that everything is ready; returns the state once the other accepts no more.

        b"" when it ends or takes longer than `limit_s`: then what only it knew is gone.
        """
        loop = asyncio.get_running_loop()
        self._channel.setblocking(False)
        try:
            async with asyncio.timeout(limit_s):
                await loop.sock_sendall(self._channel, _READY)
                size = int.from_bytes(await self._read(_SIZE_BYTES), "big")
                if size > MAX_STATE_BYTES:
                    raise OSError("more state than there can be")
                return await self._read(size)
        except (OSError, EOFError, TimeoutError) as wrong:
            log.warning("handover_without_state", reason=str(wrong) or type(wrong).__name__)
            return b""
        finally:
            self._channel.close()

    async def _read(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        parts = bytearray()
        while len(parts) < size:
            part = await loop.sock_recv(self._channel, min(size - len(parts), 1 << 20))
            if not part:
                raise EOFError("the predecessor has ended")
            parts += part
        return bytes(parts)


class Handover:
    """The running server's end: `run` answers successors until one of them is ready.

    `on_successor` is called once, when one is; `give` then hands it the state. Only the owner of
    the data folder can connect: the folder is 0700 and the socket 0600.
    """

    def __init__(self, folder: Path, lock: int, on_successor: Callable[[], None]) -> None:
        self._folder = folder
        self._lock = lock
        self._on_successor = on_successor
        self._successor: socket.socket | None = None

    @property
    def has_successor(self) -> bool:
        return self._successor is not None

    async def run(self, listeners: Mapping[str, socket.socket]) -> None:
        """`listeners` as `listener_name` calls them. Returns when a successor is ready."""
        loop = asyncio.get_running_loop()
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with door:
            with _reachable(self._folder) as address:
                with contextlib.suppress(FileNotFoundError):
                    (self._folder / SOCKET_NAME).unlink()
                mask = os.umask(0o177)
                try:
                    door.bind(address)
                finally:
                    os.umask(mask)
            door.listen(1)
            door.setblocking(False)
            while self._successor is None:
                channel, _ = await loop.sock_accept(door)
                channel.setblocking(False)
                if await self._serve(channel, listeners):
                    self._successor = channel
                else:
                    channel.close()
        log.info("handover_began")
        self._on_successor()

    async def give(self, state: bytes) -> None:
        """Nothing happens without a successor, or when it has ended."""
        channel, self._successor = self._successor, None
        if channel is None:
            return
        loop = asyncio.get_running_loop()
        with channel, contextlib.suppress(OSError):
            await loop.sock_sendall(channel, len(state).to_bytes(_SIZE_BYTES, "big") + state)

    async def _serve(self, channel: socket.socket, listeners: Mapping[str, socket.socket]) -> bool:
        """Whether this one is ready to take over; False when it went away first."""
        names = list(listeners)
        descriptors = [self._lock, *(listeners[name].fileno() for name in names)]
        try:
            socket.send_fds(channel, [msgspec.json.encode(names)], descriptors)
            said = await asyncio.get_running_loop().sock_recv(channel, len(_READY))
        except OSError:
            return False
        return said == _READY


@contextlib.contextmanager
def _reachable(folder: Path) -> Iterator[str]:
    """The socket's address, short however long the folder's path is: 107 bytes are the limit."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
    finally:
        os.close(descriptor)
