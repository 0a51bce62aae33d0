"""What becomes of the customer's answers, by a clock that the test moves."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.drivers.callback.settings import CallbackSettings
from parlor.drivers.callback.tokens import CallbackTokens, PostFailed
from parlor.model.errors import AuthUnavailable, Unauthenticated
from parlor.ports.tokens import Claims
from parlor.wire.webhook import verify
from tests.support.issuer import SECRET
from tests.support.steady import CountingMeter, HandClock

SETTINGS = CallbackSettings(
    url="https://shop.test/who", secret=SECRET, at_once=2, max_waiting=3, failures=3, pause_s=5.0
)


class Customer:
    def __init__(self, status: int = 200, said: bytes = b'{"sub":"ann"}') -> None:
        self.status = status
        self.said = said
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.running = self.most = self.asked = 0
        self.headers: dict[str, str] = {}

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self.asked += 1
        self.headers = headers
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.failure is not None:
                raise self.failure
            return self.status, self.said
        finally:
            self.running -= 1


def asking(customer: Customer) -> tuple[CallbackTokens, HandClock]:
    clock = HandClock()
    return CallbackTokens(customer.post, SETTINGS, clock, CountingMeter()), clock


async def test_all_that_is_said_is_heard_and_the_rest_ignored():
    said = msgspec.json.encode(
        {"sub": "ann", "expires_in_s": 60, "issued_at": 5, "token_id": "t", "device": "d",
         "name": "Ann", "rooms": ["a"], "publish": [], "admin": True}
    )  # fmt: skip
    tokens, clock = asking(Customer(said=said))
    expires_at = clock.unix_ms() / 1000 + 60
    assert await tokens.check("x") == Claims("ann", expires_at, 5, "t", "d", "Ann", ("a",), ())


async def test_the_customer_can_tell_who_asks():
    customer = Customer()
    tokens, clock = asking(customer)
    await tokens.check("x")
    signature = customer.headers["Parlor-Signature"]
    assert verify(SECRET, signature, b'{"token":"x"}', clock.unix_ms() / 1000, window_s=1)
    assert customer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("said", [b'{"sub":"ann"}', b'{"sub":"ann","expires_in_s":1e9}'])
async def test_an_answer_holds_no_longer_than_is_allowed(said):
    tokens, clock = asking(Customer(said=said))
    claims = await tokens.check("x")
    assert claims.expires_at == clock.unix_ms() / 1000 + SETTINGS.max_lifetime_s


@pytest.mark.parametrize("status", [401, 403])
async def test_a_no_is_an_answer(status):
    customer = Customer(status, b"whatever")
    tokens, _ = asking(customer)
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            await tokens.check("x")
    assert customer.asked == 20


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, b""),
        (200, b"yes"),
        (200, b"{}"),
        (200, b'{"sub":5}'),
        (200, b'{"sub":"ann","expires_in_s":0}'),
        (200, b'{"sub":"ann","expires_in_s":-1}'),
        (200, b"\xff"),
        (200, b"[" * 16_000),
        (302, b'{"sub":"ann"}'),
        (201, b'{"sub":"ann"}'),
        (404, b'{"sub":"ann"}'),
        (500, b'{"sub":"ann"}'),
    ],
)
async def test_what_cannot_be_understood_lets_nobody_in(status, said):
    tokens, _ = asking(Customer(status, said))
    with pytest.raises(AuthUnavailable) as refused:
        await tokens.check("x")
    assert refused.value.retry


@given(st.integers(200, 599), st.binary(max_size=300))
async def test_no_answer_whatever_raises_anything_else(status, said):
    tokens, _ = asking(Customer(status, said))
    with pytest.raises((AuthUnavailable, Unauthenticated)):
        await tokens.check("x")


async def test_a_server_that_is_down_is_left_alone_until_the_pause_is_over():
    customer = Customer()
    customer.failure = PostFailed("refused")
    tokens, clock = asking(customer)
    for _ in range(10):
        with pytest.raises(AuthUnavailable):
            await tokens.check("x")
    assert customer.asked == 3
    customer.failure = None
    clock.at += 5
    assert (await tokens.check("x")).sub == "ann"
    assert (await tokens.check("x")).sub == "ann"


async def test_only_so_many_are_asked_about_at_once_and_only_so_many_wait():
    customer = Customer()
    customer.gate = asyncio.Event()
    tokens, _ = asking(customer)
    asked = [asyncio.ensure_future(tokens.check(str(n))) for n in range(5)]
    await asyncio.sleep(0)
    assert tokens.waiting == 5
    with pytest.raises(AuthUnavailable) as refused:
        await tokens.check("one too many")
    assert refused.value.retry_after_s == 1.0
    customer.gate.set()
    assert {claims.sub for claims in await asyncio.gather(*asked)} == {"ann"}
    assert (customer.most, tokens.waiting) == (2, 0)


async def test_those_who_leave_give_their_places_back():
    customer = Customer()
    customer.gate = asyncio.Event()
    tokens, _ = asking(customer)
    asked = [asyncio.ensure_future(tokens.check(str(n))) for n in range(5)]
    await asyncio.sleep(0)
    for one in asked:
        one.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert tokens.waiting == 0
    customer.gate.set()
    assert (await tokens.check("x")).sub == "ann"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "https://shop.test/w"}, "secret"),
        ({"url": "http://shop.test/w", "secret": SECRET}, "not https"),
        ({"url": "shop", "secret": SECRET}, "not https"),
        ({"url": "https://s.test", "secret": SECRET, "timeout_s": 0.0}, "timeout_s"),
        ({"url": "https://s.test", "secret": SECRET, "at_once": 0}, "at_once"),
        ({"url": "https://s.test", "secret": SECRET, "max_waiting": -1}, "max_waiting"),
    ],
)
def test_settings_that_would_be_unsafe_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        CallbackSettings(**given)
