from __future__ import annotations

import asyncio

import pytest

from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.recent_claims import RecentClaims
from parlor.model.errors import AuthUnavailable, Unauthenticated
from parlor.ports.tokens import Claims
from tests.support.steady import HandClock

SETTINGS = AuthSettings(recheck_s=30.0, remembered_tokens=3)


class Driver:
    """Every token is good, and its own user's, for `lives_s`; or raises `failure`."""

    name = "driver"

    def __init__(self, clock: HandClock) -> None:
        self.asked: list[str] = []
        self.lives_s = 600.0
        self.failure: Exception | None = None
        self.gates: list[asyncio.Event] = []
        self._clock = clock

    def takes(self, token: str) -> bool:
        return True

    async def check(self, token: str) -> Claims:
        self.asked.append(token)
        failure = self.failure
        if self.gates:
            await self.gates.pop(0).wait()
        if failure is not None:
            raise failure
        return Claims(token, self._clock.unix_ms() / 1000 + self.lives_s)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def driver(clock: HandClock) -> Driver:
    return Driver(clock)


@pytest.fixture
def claims(clock: HandClock) -> RecentClaims:
    return RecentClaims(SETTINGS, clock)


async def test_an_answer_counts_for_its_time_and_no_longer(claims, driver, clock):
    for _ in range(10):
        assert (await claims.check(driver, "a", anew=False)).sub == "a"
    clock.at += 29.9
    await claims.check(driver, "a", anew=False)
    assert driver.asked == ["a"]
    clock.at += 0.1
    await claims.check(driver, "a", anew=False)
    assert driver.asked == ["a", "a"]


async def test_no_answer_outlives_its_token(claims, driver, clock):
    driver.lives_s = 5.0
    await claims.check(driver, "a", anew=False)
    clock.at += 5.0
    await claims.check(driver, "a", anew=False)
    assert driver.asked == ["a", "a"]


async def test_who_connects_is_asked_about_and_helps_the_requests_that_follow(claims, driver):
    for _ in range(2):
        await claims.check(driver, "a", anew=True)
    await claims.check(driver, "a", anew=False)
    assert driver.asked == ["a", "a"]


async def test_tokens_are_told_apart(claims, driver):
    assert (await claims.check(driver, "a", anew=False)).sub == "a"
    assert (await claims.check(driver, "b", anew=False)).sub == "b"


@pytest.mark.parametrize("failure", [Unauthenticated(), AuthUnavailable()])
async def test_a_refusal_is_not_remembered(claims, driver, failure):
    driver.failure = failure
    for _ in range(3):
        with pytest.raises(type(failure)):
            await claims.check(driver, "a", anew=False)
    assert (len(driver.asked), len(claims)) == (3, 0)


async def test_a_no_takes_an_earlier_yes_back_and_no_answer_does_not(claims, driver):
    await claims.check(driver, "a", anew=False)
    driver.failure = AuthUnavailable()
    with pytest.raises(AuthUnavailable):
        await claims.check(driver, "a", anew=True)
    assert (await claims.check(driver, "a", anew=False)).sub == "a"
    driver.failure = Unauthenticated()
    for anew in (True, False):
        with pytest.raises(Unauthenticated):
            await claims.check(driver, "a", anew=anew)


async def test_a_yes_that_was_overtaken_by_a_no_is_not_kept(claims, driver):
    slow = asyncio.Event()
    driver.gates = [slow]
    yes = asyncio.ensure_future(claims.check(driver, "a", anew=False))
    await asyncio.sleep(0)
    driver.failure = Unauthenticated()
    with pytest.raises(Unauthenticated):
        await claims.check(driver, "a", anew=True)
    slow.set()
    assert (await yes).sub == "a"
    assert len(claims) == 0


async def test_only_so_many_are_remembered(claims, driver):
    for token in "abcd":
        await claims.check(driver, token, anew=False)
    assert len(claims) == 3
    await claims.check(driver, "a", anew=False)
    assert driver.asked == [*"abcda"]
