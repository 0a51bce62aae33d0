"""Somebody between two servers who pass on their place: sees each step, and may end it there."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from parlor.boot.handover import MAX_LINE_BYTES, MAX_LISTENERS, SOCKET_NAME


class Between:
    """Sits at the `handover.sock` of a running server, and passes on what both say."""

    def __init__(self, folder: Path) -> None:
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._real = folder / "real.sock"
        (folder / SOCKET_NAME).rename(self._real)
        self._door.bind(str(folder / SOCKET_NAME))
        self._door.listen(1)
        self._door.setblocking(False)
        self._old = self._new = self._door

    async def introduce(self) -> None:
        """The successor has the listening sockets and the lock, and is getting ready."""
        loop = asyncio.get_running_loop()
        self._new, _ = await loop.sock_accept(self._door)
        self._new.setblocking(False)
        self._old = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._old.connect(str(self._real))
        line, descriptors, _, _ = await asyncio.to_thread(
            socket.recv_fds, self._old, MAX_LINE_BYTES, MAX_LISTENERS + 1
        )
        socket.send_fds(self._new, [line], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._old.setblocking(False)

    async def hear_ready(self) -> bytes:
        """What the successor says when it is ready; the other has not heard it."""
        return await asyncio.get_running_loop().sock_recv(self._new, 100)

    async def say_ready(self, said: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._old, said)

    async def hear_state(self) -> bytes:
        """The first bytes of the state; the successor has not got them."""
        return await asyncio.get_running_loop().sock_recv(self._old, 1 << 24)

    def give_back(self) -> None:
        """The first server is where successors look for it again."""
        self._real.rename(self._real.with_name(SOCKET_NAME))

    def close(self) -> None:
        for each in {self._door, self._old, self._new}:
            each.close()
