"""When the keys of a URL are asked for, by a clock that the test moves."""

from __future__ import annotations

import asyncio
import json

import pytest

from parlor.drivers.jwt.jwks import FetchFailed, Jwks
from parlor.drivers.jwt.settings import JwtSettings
from parlor.model.errors import AuthUnavailable
from tests.support.issuer import public_jwk
from tests.support.steady import CountingMeter, HandClock

SETTINGS = JwtSettings(
    jwks_url="https://shop.test/keys",
    audience="a",
    issuer="i",
    jwks_cache_s=100.0,
    jwks_refetch_s=10.0,
    jwks_stale_s=1_000.0,
)


class Url:
    def __init__(self, *kids: str) -> None:
        self.kids = kids
        self.fetches = 0
        self.raw: bytes | None = None
        self.is_down = False
        self.gate: asyncio.Event | None = None

    async def fetch(self) -> bytes:
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.is_down:
            raise FetchFailed("down")
        keys = [public_jwk("ES256", kid) for kid in self.kids]
        return json.dumps({"keys": keys}).encode() if self.raw is None else self.raw


@pytest.fixture
def url() -> Url:
    return Url("one")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def jwks(url: Url, clock: HandClock) -> Jwks:
    return Jwks(url.fetch, SETTINGS, clock, CountingMeter())


async def kids(jwks: Jwks, kid: str) -> list[str]:
    return [key.kid for key in await jwks.keys("ES256", kid)]


async def test_one_fetch_serves_everybody_for_a_while(jwks, url, clock):
    url.gate = asyncio.Event()
    asked = [asyncio.ensure_future(kids(jwks, "one")) for _ in range(50)]
    await asyncio.sleep(0)
    url.gate.set()
    assert await asyncio.gather(*asked) == [["one"]] * 50
    clock.at += 99
    assert await kids(jwks, "one") == ["one"]
    assert url.fetches == 1


async def test_old_keys_are_asked_for_again_and_those_that_are_gone_count_no_more(jwks, url, clock):
    await kids(jwks, "one")
    url.kids = ("two",)
    clock.at += 100
    assert await kids(jwks, "two") == ["two"]
    assert await kids(jwks, "one") == []


async def test_an_unknown_key_is_looked_for_once_and_then_not_for_a_while(jwks, url, clock):
    await kids(jwks, "one")
    clock.at += 11
    url.kids = ("one", "two")
    assert await kids(jwks, "two") == ["two"]
    assert url.fetches == 2
    for number in range(1_000):
        assert await kids(jwks, f"forged-{number}") == []
    assert url.fetches == 2
    clock.at += 10
    await kids(jwks, "forged")
    assert url.fetches == 3


async def test_while_the_url_is_down_the_last_keys_count(jwks, url, clock):
    await kids(jwks, "one")
    url.is_down = True
    clock.at += 100
    for _ in range(10):
        assert await kids(jwks, "one") == ["one"]
    assert url.fetches == 2
    clock.at += 999
    assert await kids(jwks, "one") == ["one"]
    clock.at += 1
    with pytest.raises(AuthUnavailable):
        await kids(jwks, "one")


async def test_an_unknown_key_while_the_url_is_down_is_neither_good_nor_bad(jwks, url, clock):
    await kids(jwks, "one")
    url.is_down = True
    clock.at += 11
    with pytest.raises(AuthUnavailable):
        await kids(jwks, "two")


@pytest.mark.parametrize(
    "raw",
    [b"", b"no json", b"[]", b"{}", b'{"keys": 1}', b'{"keys": []}', b"[" * 100_000, b"\xff"],
)
async def test_an_answer_that_is_no_key_set_is_a_failure(jwks, url, raw):
    url.raw = raw
    with pytest.raises(AuthUnavailable) as refused:
        await kids(jwks, "one")
    assert refused.value.retry
    assert refused.value.retry_after_s == 10.0


async def test_it_recovers_as_soon_as_the_url_answers_again(jwks, url, clock):
    url.is_down = True
    with pytest.raises(AuthUnavailable):
        await kids(jwks, "one")
    url.is_down = False
    with pytest.raises(AuthUnavailable):
        await kids(jwks, "one")
    clock.at += 10
    assert await kids(jwks, "one") == ["one"]


async def test_a_key_of_another_algorithm_is_not_given(jwks):
    await kids(jwks, "one")
    assert await jwks.keys("RS256", "one") == ()
    assert [key.kid for key in await jwks.keys("ES256", "")] == ["one"]
