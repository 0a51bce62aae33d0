"""Two machines and a cable between them, made of network namespaces, to be cut by a test.

Needs root and `ip` (iproute2). A namespace that cannot be made is an error that says so: nobody
shall think that the test has run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

SERVER_ADDRESS = "192.0.2.1"
CLIENT_ADDRESS = "192.0.2.2"


class Cable:
    """`server` and `client` are the names of the namespaces."""

    def __init__(self) -> None:
        self.server = f"parlor-s{os.getpid()}"
        self.client = f"parlor-c{os.getpid()}"

    async def cut(self) -> None:
        """From now on nothing of the client arrives, not even a refusal."""
        ip = (*inside(self.client), "ip", "route")
        await run(*ip, "add", "blackhole", f"{SERVER_ADDRESS}/32")
        await run(*ip, "flush", "cache")

    async def connections(self, port: int, state: str = "established") -> str:
        """The server's connections to `port` in a state, with their timers (`ss -to`)."""
        return await run(
            *inside(self.server), "ss", "-Hnto", "state", state, "sport", "=", f":{port}",
        )  # fmt: skip


@contextlib.asynccontextmanager
async def cable() -> AsyncIterator[Cable]:
    made = Cable()
    try:
        for name in (made.server, made.client):
            await run("ip", "netns", "add", name)
        await run(
            "ip", "link", "add", "wire", "netns", made.server,
            "type", "veth", "peer", "name", "wire", "netns", made.client,
        )  # fmt: skip
        for name, address in ((made.server, SERVER_ADDRESS), (made.client, CLIENT_ADDRESS)):
            await run(*inside(name), "ip", "address", "add", f"{address}/24", "dev", "wire")
            for device in ("lo", "wire"):
                await run(*inside(name), "ip", "link", "set", device, "up")
        yield made
    finally:
        for name in (made.server, made.client):
            with contextlib.suppress(CableFailed):
                await run("ip", "netns", "del", name)


def inside(namespace: str) -> tuple[str, ...]:
    """What goes before a command to run it there. `ip netns exec` would mount /sys anew as well,
    which not every container allows."""
    return ("nsenter", f"--net=/run/netns/{namespace}")


class CableFailed(Exception):
    pass


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode:
        raise CableFailed(f"{' '.join(command)}: {err.decode().strip()} (this test needs root)")
    return out.decode()
