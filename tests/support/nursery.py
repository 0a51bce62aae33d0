"""Servers that have imported everything already: forked from one process that did, once.

Importing is nearly all that starting costs, and a test of the web app is no test of that. What is
forked is `parlor serve` as the command line starts it, in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_MOST_BYTES = 65_536


class Born:
    """What the tests use of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        return self.ended.result() if self.ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self.ended)

    def send_signal(self, number: int) -> None:
        if not self.ended.done():
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._children: dict[int, Born] = {}
        self._births: asyncio.Queue[int] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()

    async def start(self, arguments: Sequence[str], log: Path) -> Born:
        """`arguments` as on the command line, after `parlor`."""
        stdout = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(stdout)
        out, into = os.pipe()
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(out, "rb"))
        async with self._one_at_a_time:
            with os.fdopen(into, "wb"), log.open("ab") as errors:
                fds = [into, errors.fileno()]
                socket.send_fds(self._line, [json.dumps(list(arguments)).encode()], fds)
                pid = await self._births.get()
            return self._children.setdefault(pid, Born(pid, stdout))

    def hear(self) -> None:
        """The line has news: a birth, or the end of a child."""
        what, pid, status = json.loads(self._line.recv(_MOST_BYTES))
        if what == "born":
            self._births.put_nowait(pid)
        elif not self._children[pid].ended.done():
            self._children[pid].ended.set_result(status)


@asynccontextmanager
async def open_nursery() -> AsyncIterator[Nursery]:
    """Its servers are killed with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.nursery", str(theirs.fileno())),
            pass_fds=[theirs.fileno()],
            env={k: v for k, v in os.environ.items() if not k.startswith("PARLOR_")},
        )
        theirs.close()
        nursery, loop = Nursery(ours), asyncio.get_running_loop()
        loop.add_reader(ours, nursery.hear)
        try:
            yield nursery
        finally:
            loop.remove_reader(ours)
            ours.close()
            await process.wait()


def bear(line: socket.socket) -> list[str]:
    """Returns in each child, with what it is to do; in the nursery itself not before its end."""
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    children: set[int] = set()
    while True:
        ready, _, _ = select.select([line.fileno(), woken], [], [])
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, _MOST_BYTES)
            _bury(line, children)
        if line.fileno() not in ready:
            continue
        order, fds, _, _ = socket.recv_fds(line, _MOST_BYTES, 2)
        if not order:
            for child in children:
                os.kill(child, signal.SIGKILL)
            sys.exit(0)
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, fd in enumerate([os.open(os.devnull, os.O_RDONLY), *fds]):
                os.dup2(fd, number)
                os.close(fd)
            for fd in (woken, wake, line.detach()):
                os.close(fd)
            arguments: list[str] = json.loads(order)
            return arguments
        children.add(child)
        for fd in fds:
            os.close(fd)
        line.send(json.dumps(["born", child, 0]).encode())
        _bury(line, children)


def _bury(line: socket.socket, children: set[int]) -> None:
    for child in list(children):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            children.remove(pid)
            line.send(json.dumps(["ended", pid, os.waitstatus_to_exitcode(status)]).encode())


if __name__ == "__main__":
    from parlor.boot import cli, processes  # noqa: F401

    cli.main(bear(socket.socket(fileno=int(sys.argv[1]))))
