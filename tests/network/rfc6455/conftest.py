"""One real `parlor serve` for the whole suite, and peers that speak to it in two ways: each piece
as one segment, and byte by byte."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.ports import free_port
from tests.support.server import ParlorServer, running_parlor
from tests.support.wire_peer import Peer, request_head


@pytest.fixture(scope="session")
def goim_port() -> int:
    return free_port()


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def parlor(
    tmp_path_factory: pytest.TempPathFactory, goim_port: int
) -> AsyncIterator[ParlorServer]:
    folder = tmp_path_factory.mktemp("rfc6455")
    # Long enough for a message sent byte by byte while the machine does something else.
    flags = ["--set", "gateway.hello_timeout_s=120", "--set", "gateway.close_timeout_s=1"]
    goim = ["--door", "goim", "--set", "doors.goim.auth=open"]
    for name, port in (("tcp", 0), ("ws", goim_port), ("http", 0)):
        goim += ["--set", f"doors.goim.{name}_port={port}"]
    async with running_parlor(folder, [*flags, *goim]) as server:
        yield server


@pytest.fixture(params=[False, True], ids=["whole", "one-by-one"])
def one_by_one(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def peer(parlor: ParlorServer, one_by_one: bool) -> AsyncIterator[Peer]:
    """After its handshake, JSON agreed. It has not said hello, so every request is answered with
    an error that has the request's id."""
    async with Peer.connect(parlor.port, one_by_one=one_by_one, head=request_head()) as opened:
        yield opened


@pytest.fixture
async def binary_peer(parlor: ParlorServer, one_by_one: bool) -> AsyncIterator[Peer]:
    """The same, MessagePack agreed."""
    head = request_head(Sec_WebSocket_Protocol="parlor.v1.msgpack")
    async with Peer.connect(parlor.port, one_by_one=one_by_one, head=head) as opened:
        yield opened
