"""One real `parlor serve` that compresses everything it may."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.server import ParlorServer, running_parlor
from tests.support.wire_peer import Peer, request_head

WINDOW_BITS = 12


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def parlor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    flags = []
    for setting in (
        "compression=true",
        "compression_min_bytes=60",
        f"compression_window_bits={WINDOW_BITS}",
        "hello_timeout_s=120",
    ):
        flags += ["--set", f"gateway.{setting}"]
    async with running_parlor(tmp_path_factory.mktemp("rfc7692"), flags) as server:
        yield server


@pytest.fixture(params=[False, True], ids=["whole", "one-by-one"])
def one_by_one(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def peer(parlor: ParlorServer, one_by_one: bool) -> AsyncIterator[Peer]:
    """Compression agreed."""
    head = request_head(extra=["Sec-WebSocket-Extensions: permessage-deflate"])
    async with Peer.connect(parlor.port, one_by_one=one_by_one, head=head) as opened:
        yield opened
