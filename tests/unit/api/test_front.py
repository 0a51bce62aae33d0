import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from litestar.types import ASGIApp

from parlor.api.app import build_app
from parlor.api.headers import CONTENT_SECURITY_POLICY
from parlor.api.settings import HttpSettings
from parlor.model.errors import Overloaded
from tests.support.rest_client import rest_client, sign_up
from tests.support.rest_services import Memory

APP = "https://app.example.org"


@pytest.mark.parametrize("path", ["/", "/c/1", "/api/v1/server", "/api/v1/me", "/nothing.js"])
async def test_every_reply_tells_the_browser_what_it_may_do(client, path):
    headers = (await client.get(path)).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]


@pytest.mark.parametrize("path", ["/api/v1/server", "/api/v1/me", "/readyz", "/nothing.js"])
async def test_what_the_api_says_is_kept_by_no_cache(client, path):
    assert (await client.get(path)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/api/v1/server", "/nothing.js"])
async def test_only_replies_over_tls_forbid_to_come_back_without_it(memory: Memory, path: str):
    for hsts_s, scheme, expected in (
        (0, "https", None),
        (3600, "https", "max-age=3600"),
        (3600, "http", None),
    ):
        async with rest_client(memory.services(), HttpSettings(hsts_s=hsts_s)) as client:
            reply = await client.get(f"{scheme}://parlor.test{path}")
            assert reply.headers.get("strict-transport-security") == expected


async def _statuses(client: httpx.AsyncClient, count: int) -> list[int]:
    return [(await client.get("/api/v1/server")).status_code for _ in range(count)]


async def test_an_address_that_asks_too_much_is_held_back(memory: Memory):
    settings = HttpSettings(address_requests_per_second=1.0, address_request_burst=2)
    async with rest_client(memory.services(), settings) as client:
        assert await _statuses(client, 3) == [200, 200, 429]
        refused = await client.get("/api/v1/server")
        assert refused.json()["error"]["code"] == "rate_limited"
        assert refused.headers["retry-after"] == "1"
        assert (await client.get("/healthz")).status_code == 200
        memory.clock.at += 1.0
        assert await _statuses(client, 2) == [200, 429]


async def test_who_guesses_at_the_inside_is_held_back_by_address_too(memory: Memory):
    settings = HttpSettings(address_requests_per_second=1.0, address_request_burst=2)
    async with rest_client(memory.services(), settings) as client:
        statuses = [(await client.get("/debug/stacks")).status_code for _ in range(3)]
        assert statuses == [401, 401, 429]


@pytest.mark.parametrize(("limit_loopback", "last"), [(False, 200), (True, 429)])
async def test_loopback_is_exempt_unless_the_operator_says_so(memory, limit_loopback, last):
    settings = HttpSettings(address_requests_per_second=1.0, address_request_burst=2)
    async with rest_client(
        memory.services(), settings, address="127.0.0.1", limit_loopback=limit_loopback
    ) as client:
        assert (await _statuses(client, 3))[-1] == last


async def test_a_page_of_another_host_can_change_nothing(client):
    account = {"name": "ann", "password": "a long passphrase"}
    reply = await client.post(
        "/api/v1/accounts", json=account, headers={"origin": "https://evil.example"}
    )
    assert reply.status_code == 403
    assert reply.json()["error"]["code"] == "forbidden"
    own = await client.post(
        "/api/v1/accounts", json=account, headers={"origin": str(client.base_url)}
    )
    assert own.status_code == 201


async def test_a_named_origin_may_use_the_api_from_a_browser(memory: Memory):
    settings = HttpSettings(allowed_origins=(APP,))
    async with rest_client(memory.services(), settings, headers={"origin": APP}) as client:
        asked = await client.options(
            "/api/v1/me", headers={"access-control-request-method": "PATCH"}
        )
        assert asked.status_code == 204
        assert "authorization" in asked.headers["access-control-allow-headers"]
        assert "PATCH" in asked.headers["access-control-allow-methods"]
        assert asked.headers.get_list("access-control-allow-origin") == [APP]
        _, ann = await sign_up(client, "ann")
        reply = await client.get("/api/v1/me", headers=ann)
        assert reply.headers["access-control-allow-origin"] == APP
        stranger = await client.get("/api/v1/me", headers={**ann, "origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
        assert stranger.headers["vary"] == "origin"


async def test_named_origins_may_use_every_method_that_there_is(memory: Memory):
    settings = HttpSettings(allowed_origins=(APP,))
    async with rest_client(memory.services(), settings, headers={"origin": APP}) as client:
        asked = await client.options("/api/v1/me")
        paths = (await client.get("/openapi.json")).json()["paths"]
    allowed = set(asked.headers["access-control-allow-methods"].split(", "))
    assert allowed == {method.upper() for path in paths.values() for method in path}


async def test_head_tells_the_length_and_sends_nothing(client):
    whole, head = await client.get("/"), await client.head("/")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.content == b""


async def test_requests_are_counted_by_route_never_by_address(memory: Memory):
    async with rest_client(memory.services()) as client:
        for number in range(3):
            await client.get(f"/api/v1/conversations/{number}")
            await client.request(f"M{number}", f"/api/v1/{number}")
    counts = memory.metrics.counts
    route = "method=GET route=/api/v1/conversations/{conversation_id} status=401"
    assert counts["http_requests", route] == 3
    assert counts["http_requests", "method=any route=none status=404"] == 3
    assert len(counts) == 2


class _Links:
    """Stands for the links over HTTP: refuses whoever asks for it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["path_template"] = scope["path"]
        if scope["path"].endswith("refused"):
            raise Overloaded(retry_after_s=3.5)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok", "more_body": False})


@pytest.fixture
async def links(memory: Memory) -> AsyncIterator[httpx.AsyncClient]:
    settings = HttpSettings(
        allowed_origins=(APP,), address_requests_per_second=1.0, address_request_burst=4
    )
    app: Any = build_app(memory.services(), settings, links=cast("ASGIApp", _Links()))
    transport = httpx.ASGITransport(app=app, client=("198.51.100.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://parlor.test") as client:
        yield client


async def test_links_over_http_get_the_headers_and_errors_of_everything_else(links):
    reply = await links.get("/http/events", headers={"origin": APP})
    assert reply.text == "ok"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["access-control-allow-origin"] == APP
    refused = await links.post("/http/refused")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
    assert refused.headers["retry-after"] == "4"


async def test_a_foreign_page_may_not_even_read_a_link(links):
    foreign = {"origin": "https://evil.example"}
    for method in ("GET", "POST"):
        assert (await links.request(method, "/http/events", headers=foreign)).status_code == 403


async def test_links_are_paced_by_address_and_counted_by_route(links, memory: Memory):
    statuses = [(await links.get("/http/events")).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    counted = "method=GET route=/http/events status=200"
    assert memory.metrics.counts["http_requests", counted] == 4


async def test_while_draining_nothing_is_accepted_and_what_was_begun_is_waited_for(memory: Memory):
    app: Any = build_app(memory.services(), HttpSettings())
    transport = httpx.ASGITransport(app=app, client=("198.51.100.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://parlor.test") as client:
        with memory.in_flight:
            closing = asyncio.create_task(memory.in_flight.close())
            await asyncio.sleep(0)
            refused = await client.post("/api/v1/push", json={"to": {"room": "r"}, "body": "x"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
            assert refused.headers["connection"] == "close"
            assert refused.headers["retry-after"] == "1"
            # Whoever watches the process still may.
            assert (await client.get("/healthz")).status_code == 200
            assert not closing.done()
        await closing


async def test_other_settings_hold_from_the_next_request_on(memory: Memory):
    app: Any = build_app(memory.services(), HttpSettings())
    transport = httpx.ASGITransport(app=app, client=("198.51.100.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://parlor.test") as client:
        origin = {"origin": APP}
        before = await client.get("/api/v1/server", headers=origin)
        assert "access-control-allow-origin" not in before.headers
        app.in_force.apply(HttpSettings(allowed_origins=(APP,), address_request_burst=2))
        for _ in range(2):
            after = await client.get("/api/v1/server", headers=origin)
            assert after.headers["access-control-allow-origin"] == APP
        assert (await client.get("/api/v1/server")).status_code == 429
