"""A real `parlor serve` in a process of its own, on a free port, that can be killed and revived."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from tests.support.nursery import Born, Nursery
from tests.support.ports import free_port

READY_LIMIT_S = 180.0
STOP_LIMIT_S = 120.0


class ParlorServer:
    """`start`, then `kill` and `start` again as often as wanted: same port, same data.

    `flags` may change between. Standard error goes to `log_path`, over all starts. `ready_line`
    is the last one printed. `lossy` is the share of bus messages that get lost, if any; from a
    `nursery` it starts sooner, but never loses any.
    """

    def __init__(
        self,
        folder: Path,
        flags: Sequence[str] = (),
        *,
        lossy: str = "",
        nursery: Nursery | None = None,
    ) -> None:
        self.port = free_port()
        self.data = folder / "data"
        self.log_path = folder / "server.log"
        self.ready_line = ""
        self.flags = tuple(flags)
        self._program = ("tests.support.lossy_server", lossy) if lossy else ("parlor.boot.cli",)
        self._nursery = nursery
        self._process: asyncio.subprocess.Process | Born | None = None

    @property
    def url(self) -> str:
        # Not 127.0.0.1: a browser's service worker and camera want a secure context, and
        # `localhost` is one by name in every browser (Secure Contexts §3.1).
        scheme = "https" if self.ready_line.startswith("ready https:") else "http"
        return f"{scheme}://localhost:{self.port}"

    @property
    def storage_flags(self) -> Sequence[str]:
        """Where it keeps its data, for another program that is to find it."""
        pairs = zip(self.flags, self.flags[1:], strict=False)
        return next((pair for pair in pairs if pair[1].startswith("storage.url=")), ())

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return self.log_path.read_text() if self.log_path.exists() else ""

    async def start(self) -> None:
        """Returns once it accepts connections; fails with its log when it does not."""
        serve = ("serve", "--port", str(self.port), "--data", str(self.data), *self.flags)
        if self._nursery is not None:
            self._process = await self._nursery.start(serve, self.log_path)
        else:
            with self.log_path.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", *self._program, *serve),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    env={k: v for k, v in os.environ.items() if not k.startswith("PARLOR_")},
                )
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                self.ready_line = await self._read_until_ready()
        except TimeoutError:
            await self.kill()
            raise AssertionError(f"no ready line in time:\n{self.log()}") from None

    async def _read_until_ready(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"ready "):
                return line.decode().strip()
        status = await self._process.wait()
        raise AssertionError(f"the server ended with status {status}:\n{self.log()}")

    async def take_over(self) -> int:
        """Start another one that takes this one's place; the exit status of the first."""
        first, flags = self._process, self.flags
        assert first is not None
        self.flags = (*flags, "--take-over")
        try:
            await self.start()
        finally:
            self.flags = flags
        async with asyncio.timeout(STOP_LIMIT_S):
            return await first.wait()

    async def wait(self) -> int:
        """The exit status, once it has ended by itself."""
        assert self._process is not None
        async with asyncio.timeout(STOP_LIMIT_S):
            return await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        return await self._end(signal.SIGTERM)

    async def wait_ended(self) -> int:
        """The exit status of a server that somebody else has told to stop."""
        process, self._process = self._process, None
        assert process is not None
        async with asyncio.timeout(STOP_LIMIT_S):
            return await process.wait()

    async def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"the server did not stop:\n{self.log()}") from None


@contextlib.asynccontextmanager
async def running_parlor(
    folder: Path, flags: Sequence[str] = (), *, lossy: str = "", nursery: Nursery | None = None
) -> AsyncIterator[ParlorServer]:
    server = ParlorServer(folder, flags, lossy=lossy, nursery=nursery)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
