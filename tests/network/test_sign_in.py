"""M05: who signs in to a real server, who does not, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from parlor.client import connect
from parlor.model.close import CloseCode
from parlor.model.errors import Unauthenticated
from parlor.wire.native.methods import MeGet, UserResult
from tests.support.people import PASSWORD, sign_up
from tests.support.rest_client import bearer
from tests.support.server import ParlorServer, running_parlor

TOKEN_S = 2
FLAGS = [
    "--set", f"accounts.token_s={TOKEN_S}",
    "--set", "accounts.free_failures_per_account=3",
    "--set", "accounts.first_wait_s=60",
    "--set", "gateway.token_grace_s=0",
]  # fmt: skip
LIMIT_S = 30.0


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path, FLAGS) as server:
        yield server


async def test_a_wrong_password_is_refused_and_guessing_locks_the_account(server):
    ann, bob = await sign_up(server.url, "ann"), await sign_up(server.url, "bob")
    async with httpx.AsyncClient(base_url=server.url) as rest:

        async def sign_in(name: str, password: str) -> httpx.Response:
            body = {"name": name, "password": password}
            return await rest.post("/api/v1/sessions", json=body)

        for guess in ("wrong", PASSWORD.upper(), ""):
            refused = await sign_in("ann", guess)
            assert (refused.status_code, refused.json()["error"]["code"]) == (
                401,
                "wrong_credentials",
            )
        # Now the right one does not help either, and it is said for how long.
        for guess in ("wrong", PASSWORD):
            locked = await sign_in("ann", guess)
            error = locked.json()["error"]
            assert (locked.status_code, error["code"]) == (429, "too_many_attempts")
            assert 50 < error["retry_after_s"] <= 60
        assert (await sign_in("bob", PASSWORD)).status_code == 200
    await ann.rest.aclose()
    await bob.rest.aclose()


async def test_an_expired_token_opens_nothing_and_ends_what_it_had_opened(server):
    ann = await sign_up(server.url, "ann")
    async with connect(ann.websocket_url, ann.token) as link:
        async with asyncio.timeout(LIMIT_S):
            await link.wait_closed()
        assert link.closed is not None
        assert link.closed.code == CloseCode.UNAUTHENTICATED
    assert (await ann.rest.get("/api/v1/me")).status_code == 401
    with pytest.raises(Unauthenticated):
        async with connect(ann.websocket_url, ann.token):
            raise AssertionError("an expired token opened a connection")
    async with httpx.AsyncClient(base_url=server.url) as rest:
        body = {"refresh_token": ann.refresh_token}
        renewed = (await rest.post("/api/v1/sessions/refresh", json=body)).json()
        me = await rest.get("/api/v1/me", headers=bearer(renewed["token"]))
        assert (me.status_code, me.json()["user"]["id"]) == (200, ann.id)
    await ann.rest.aclose()


async def test_a_changed_password_puts_every_other_device_out_at_once(server):
    ann = await sign_up(server.url, "ann")
    new = "another passphrase"
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1") as rest:
        words = {"name": "ann", "password": PASSWORD}
        phone = (await rest.post("/sessions", json={**words, "device": "phone"})).json()
        async with (
            connect(ann.websocket_url, ann.token) as here,
            connect(ann.tcp_url, phone["token"]) as there,
        ):
            wrong = await ann.rest.post("/api/v1/me/password", json={"present": "?", "new": new})
            assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "wrong_credentials")
            assert await ann.post("/me/password", {"present": PASSWORD, "new": new}) == {"ended": 1}
            async with asyncio.timeout(LIMIT_S):
                await there.wait_closed()
            assert there.closed is not None
            assert there.closed.code == CloseCode.SIGNED_OUT
            assert (await here.request(MeGet(), UserResult)).user.id == ann.id
        assert (await rest.get("/me", headers=bearer(phone["token"]))).status_code == 401
        body = {"refresh_token": phone["refresh_token"]}
        assert (await rest.post("/sessions/refresh", json=body)).status_code == 401
        assert (await rest.post("/sessions", json=words)).status_code == 401
        assert (await rest.post("/sessions", json={**words, "password": new})).status_code == 200
    await ann.rest.aclose()
