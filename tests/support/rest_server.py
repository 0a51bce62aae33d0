"""A running `parlor serve` as programs use it: over HTTP, with keys from the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from tests.support.rest_client import sign_up
from tests.support.server import ParlorServer

ANSWER_LIMIT_S = 20.0


def address_of(server: ParlorServer) -> str:
    return f"http://127.0.0.1:{server.port}"


@asynccontextmanager
async def http_to(server: ParlorServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address_of(server), timeout=ANSWER_LIMIT_S) as client:
        yield client


async def make_key(server: ParlorServer, name: str, scope: str) -> str:
    """What `parlor key add` prints, while the server runs on the same data."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "parlor.boot.cli", "key", "add", name),
        *("--scope", scope, "--data", str(server.data), *server.storage_flags),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode().strip()


async def two_in_a_conversation(
    client: httpx.AsyncClient, name: str
) -> tuple[str, dict[str, str], dict[str, str]]:
    """(path of a direct conversation, headers of the one, headers of the other)."""
    _, one = await sign_up(client, f"{name}.one")
    other_id, other = await sign_up(client, f"{name}.other")
    made = await client.post(
        "/api/v1/conversations", json={"kind": "direct", "members": [other_id]}, headers=one
    )
    assert made.status_code == 201, made.text
    return f"/api/v1/conversations/{made.json()['conversation']['id']}", one, other


async def send_raw(
    server: ParlorServer, head: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request exactly as given, whatever HTTP says of it; the caller reads and closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    lines = [head, "Host: parlor.test", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    return reader, writer
