"""The credentials that `call.ice` hands out, shown to a real coturn."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlor.calls.ice import IceServers, turn_credential
from parlor.calls.settings import CallsSettings
from parlor.model.ids import UserId
from tests.support.turn import allocate, running_coturn

SECRET = "a secret of these tests only"
USER = UserId("9007199254740991")


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[int]:
    async with running_coturn(tmp_path, SECRET) as port:
        yield port


class _WallClock:
    def now(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000


async def test_coturn_grants_an_allocation_to_what_the_service_hands_out(coturn):
    settings = CallsSettings(turn_urls=(f"turn:127.0.0.1:{coturn}",), turn_secret=SECRET)
    (server,), _ = IceServers(settings, _WallClock()).servers_for(USER)
    answer = await allocate(coturn, server.username, server.credential)
    assert answer.error == 0
    assert answer.relayed_port > 0


async def test_coturn_refuses_credentials_that_expired(coturn):
    expired = turn_credential(SECRET, USER, int(time.time()) - 60)
    assert (await allocate(coturn, *expired)).error == 401


async def test_coturn_refuses_credentials_of_another_secret(coturn):
    wrong = turn_credential("guessed", USER, int(time.time()) + 600)
    assert (await allocate(coturn, *wrong)).error == 401


async def test_nobody_can_lengthen_their_own_credentials(coturn):
    now = int(time.time())
    username, password = turn_credential(SECRET, USER, now - 60)
    later = username.replace(str(now - 60), str(now + 600))
    assert (await allocate(coturn, later, password)).error == 401
