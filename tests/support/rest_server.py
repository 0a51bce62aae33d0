"""A running `parlor serve` as programs use it: over HTTP, with keys of its command line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from parlor.boot.accounts import AccountServices, open_services
from parlor.boot.config import Given, load, parse_assignment
from parlor.boot.sections import SECTIONS
from parlor.model.account import Scope
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
    """As `parlor key add` makes it, while the server runs on the same data; only that a new
    process would cost more than most tests."""
    async with _services_of(server) as services:
        scopes = [Scope(each) for each in scope.split(",")]
        return (await services.keys.add(name, scopes)).key


async def make_admin(server: ParlorServer, name: str, password: str, display_name: str) -> None:
    """As `parlor user add --admin` does, and in this process like `make_key`."""
    async with _services_of(server) as services:
        await services.signing.add_account(name, password, display_name, admin=True)


@asynccontextmanager
async def _services_of(server: ParlorServer) -> AsyncIterator[AccountServices]:
    given = [Given("server", "data", str(server.data), "a test")]
    given += [parse_assignment(each, "a test") for each in server.storage_flags[1:]]
    config = load(SECTIONS, file=None, environment={}, flags=given)
    async with AsyncExitStack() as stack:
        yield await open_services(config, stack)


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
