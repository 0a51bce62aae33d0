"""What every driver of `ports.tokens` promises, over a real web server where it asks one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parlor.drivers.callback.build import open_callback
from parlor.drivers.callback.settings import CallbackSettings
from parlor.drivers.jwt.build import open_jwt
from parlor.drivers.jwt.settings import JwtSettings
from parlor.model.errors import AuthUnavailable, Unauthenticated
from parlor.ports.tokens import Tokens
from tests.support.goim_door import RealClock
from tests.support.issuer import (
    ASYMMETRIC,
    AUDIENCE,
    ISSUER,
    SECRET,
    Backend,
    mint,
    public_jwk,
    running_backend,
    write_key,
)
from tests.support.steady import CountingMeter


@dataclass
class Issued:
    """A driver, and how its customer gives somebody a token."""

    tokens: Tokens
    backend: Backend
    give: Callable[..., str]


@contextlib.asynccontextmanager
async def jwt_files(backend: Backend, folder: Path, algorithm: str) -> AsyncIterator[Issued]:
    settings = JwtSettings(
        keys=(f"{algorithm}:{write_key(folder, algorithm)}",), audience=AUDIENCE, issuer=ISSUER
    )
    async with open_jwt(settings, RealClock(), CountingMeter()) as tokens:
        yield Issued(tokens, backend, lambda sub, **claims: mint(sub, algorithm, **claims))


@contextlib.asynccontextmanager
async def jwt_url(backend: Backend, algorithm: str, **more: Any) -> AsyncIterator[Issued]:
    backend.jwks = [public_jwk(algorithm, "k1")]
    settings = JwtSettings(
        jwks_url=backend.jwks_url, audience=AUDIENCE, issuer=ISSUER, jwks_timeout_s=0.5, **more
    )
    async with open_jwt(settings, RealClock(), CountingMeter()) as tokens:
        yield Issued(tokens, backend, lambda sub, **c: mint(sub, algorithm, kid="k1", **c))


@contextlib.asynccontextmanager
async def callback(backend: Backend, **more: Any) -> AsyncIterator[Issued]:
    settings = CallbackSettings(url=backend.callback_url, secret=SECRET, timeout_s=0.5, **more)

    def give(sub: str, *, lifetime_s: float = 600, jti: str = "", **claims: Any) -> str:
        token = f"opaque-{len(backend.users)}"
        backend.users[token] = {"sub": sub, "expires_in_s": lifetime_s, "token_id": jti, **claims}
        return token

    async with open_callback(settings, RealClock(), CountingMeter()) as tokens:
        yield Issued(tokens, backend, give)


DRIVERS = [
    *(f"files {name}" for name in ("HS256", *ASYMMETRIC)),
    *(f"url {name}" for name in ASYMMETRIC),
    "callback",
]
OVER_HTTP = [name for name in DRIVERS if not name.startswith("files")]


@pytest.fixture(params=DRIVERS)
async def issued(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Issued]:
    kind, _, algorithm = request.param.partition(" ")
    async with running_backend() as backend:
        if kind == "files":
            opened = jwt_files(backend, tmp_path, algorithm)
        else:
            opened = jwt_url(backend, algorithm) if kind == "url" else callback(backend)
        async with opened as driver:
            yield driver


async def test_a_good_token_names_its_user_and_what_that_user_may(issued):
    token = issued.give("ann", jti="t1", device="phone", name="Ann", rooms=["a"], publish=["b*"])
    assert issued.tokens.takes(token)
    claims = await issued.tokens.check(token)
    assert (claims.sub, claims.token_id, claims.device, claims.name) == (
        "ann",
        "t1",
        "phone",
        "Ann",
    )
    assert (claims.rooms, claims.publish) == (("a",), ("b*",))
    now = RealClock().unix_ms() / 1000
    assert now + 590 < claims.expires_at < now + 601


async def test_a_token_that_nobody_gave_is_refused(issued):
    issued.give("ann")
    for forged in ("x", mint("ann", key="a secret of a thief, 32 bytes at least"), "a.b.c"):
        with pytest.raises(Unauthenticated):
            await issued.tokens.check(forged)


async def test_two_users_are_two(issued):
    tokens = [issued.give(name) for name in ("ann", "bob")]
    assert [(await issued.tokens.check(token)).sub for token in tokens] == ["ann", "bob"]


@pytest.fixture(params=OVER_HTTP)
async def over_http(request: pytest.FixtureRequest) -> AsyncIterator[Issued]:
    kind, _, algorithm = request.param.partition(" ")
    async with running_backend() as backend:
        opened = jwt_url(backend, algorithm) if kind == "url" else callback(backend)
        async with opened as driver:
            yield driver


@pytest.mark.parametrize("trouble", ["down", "late", "huge", "gone", "nonsense"])
async def test_when_nobody_can_tell_nobody_is_let_in(over_http, trouble):
    backend = over_http.backend
    token = over_http.give("ann")
    if trouble == "down":
        backend.down = True
    elif trouble == "late":
        backend.late_s = 1.0
    elif trouble == "huge":
        backend.raw = b" " * 300_000
    elif trouble == "nonsense":
        backend.raw = b"<html>"
    else:
        async with running_backend() as elsewhere:
            port = elsewhere.port
        moved = Backend(port=port)
        if token.startswith("opaque"):
            opened = callback(moved)
        else:
            opened = jwt_url(moved, "ES256")
        async with opened as driver:
            with pytest.raises(AuthUnavailable):
                await driver.tokens.check(token)
        return
    with pytest.raises(AuthUnavailable) as refused:
        await over_http.tokens.check(token)
    assert refused.value.retry
    assert refused.value.retry_after_s > 0


async def test_a_rotated_key_is_found_by_one_more_request():
    async with running_backend() as backend, jwt_url(backend, "ES256", jwks_refetch_s=0.0) as one:
        assert (await one.tokens.check(one.give("ann"))).sub == "ann"
        backend.jwks = [public_jwk("ES256", "k2", 1)]
        rotated = mint("bob", "ES256", number=1, kid="k2")
        assert (await one.tokens.check(rotated)).sub == "bob"
        assert backend.fetches == 2
        with pytest.raises(Unauthenticated):
            await one.tokens.check(one.give("ann"))


async def test_a_redirect_is_not_followed():
    """Whoever can write one address must not name another."""
    async with running_backend() as backend, jwt_url(backend, "ES256") as one:
        token = one.give("ann")
        settings = JwtSettings(
            jwks_url=f"{backend.jwks_url}/moved", audience=AUDIENCE, issuer=ISSUER
        )
        async with open_jwt(settings, RealClock(), CountingMeter()) as tokens:
            with pytest.raises(AuthUnavailable):
                await tokens.check(token)
        assert backend.fetches == 0


async def test_the_customer_can_tell_who_asks():
    async with running_backend() as backend, callback(backend) as one:
        await one.tokens.check(one.give("ann"))
        assert (len(backend.asked), backend.unsigned) == (1, 0)
