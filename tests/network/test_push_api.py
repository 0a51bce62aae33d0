"""Programs that push to a real server: sizes, batches, keys that end, quotas, other origins."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from parlor.client import connect
from parlor.wire.native.pushes import DeliveryPush
from tests.support.raw_websocket import upgrade_request
from tests.support.rest_client import bearer, sign_up
from tests.support.rest_server import http_to, make_key, send_raw
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUSH, BATCH, KEYS = "/api/v1/push", "/api/v1/push/batch", "/api/v1/keys"
FLAGS = (
    *("--set", "keys.watch_s=0.2"),
    *("--set", "keys.mark_used_s=0.2"),
    *("--set", "http.allowed_origins=https://*.example.org"),
)
PATIENCE_S = 30.0
BODY_LIMIT = 65_536


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path_factory.mktemp("push_api"), FLAGS) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: ParlorServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_to(server) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(server: ParlorServer) -> dict[str, str]:
    return bearer(await make_key(server, "administrator", "admin"))


async def new_key(
    client: httpx.AsyncClient, admin: dict[str, str], name: str, **more: Any
) -> tuple[str, dict[str, str]]:
    """(id, headers that act with it)."""
    new = {"name": name, "scopes": ["push"], **more}
    made = await client.post(KEYS, json=new, headers=admin)
    assert made.status_code == 201, made.text
    return made.json()["key"]["id"], bearer(made.json()["secret"])


def push_to(room: str, body: str, **more: Any) -> dict[str, Any]:
    return {"to": {"room": room}, "body": body, "kind": "must_arrive", **more}


async def command(server: ParlorServer, *words: str) -> tuple[int, str]:
    """(exit status, what it printed) of `parlor key ...` beside the running server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "parlor.boot.cli", "key", *words, "--data", str(server.data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def soon(what: Callable[[], Any]) -> None:
    """Wait until `what()`, awaited, is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not await what():
            await asyncio.sleep(0.05)


async def test_bodies_up_to_the_limit_arrive_and_one_byte_more_is_refused(
    server: ParlorServer, client: httpx.AsyncClient, admin: dict[str, str]
):
    _, listener = await sign_up(client, "listener")
    token = listener["authorization"].removeprefix("Bearer ")
    bodies = ["", "x" * BODY_LIMIT, "分" * (BODY_LIMIT // 3), '\x00\n\t\\"']
    async with connect(f"ws://127.0.0.1:{server.port}/ws", token, rooms=["sizes"]) as link:
        pushes = link.pushes()
        for body in bodies:
            reply = await client.post(PUSH, json=push_to("sizes", body), headers=admin)
            assert (reply.status_code, reply.json()["to"]) == (202, 1)
            async with asyncio.timeout(PATIENCE_S):
                message = await anext(pushes)
            assert isinstance(message.data, DeliveryPush)
            assert message.data.body == body
            assert message.data.push_id == reply.json()["push_id"]
        for size in (BODY_LIMIT + 1, 1 << 20):
            reply = await client.post(PUSH, json=push_to("sizes", "x" * size), headers=admin)
            assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")
        batch = {"pushes": [push_to("sizes", body) for body in ("a", "x" * 65_537, "b")]}
        results = (await client.post(BATCH, json=batch, headers=admin)).json()["results"]
        assert results[1]["error"]["code"] == "too_large"
        heard = [(await anext(pushes)).data for _ in range(2)]
        assert [data.body for data in heard if isinstance(data, DeliveryPush)] == ["a", "b"]
        assert [data.push_id for data in heard if isinstance(data, DeliveryPush)] == [
            results[0]["push_id"],
            results[2]["push_id"],
        ]


async def test_a_batch_sent_again_is_answered_again_and_sent_to_nobody(
    server: ParlorServer, client: httpx.AsyncClient, admin: dict[str, str]
):
    _, listener = await sign_up(client, "repeated")
    token = listener["authorization"].removeprefix("Bearer ")
    batch = {"pushes": [push_to("again", f"{n}", id=f"id-{n}") for n in range(3)]}
    async with connect(f"ws://127.0.0.1:{server.port}/ws", token, rooms=["again"]) as link:
        first = (await client.post(BATCH, json=batch, headers=admin)).json()
        batch["pushes"].append(push_to("again", "last", id="id-last"))
        second = (await client.post(BATCH, json=batch, headers=admin)).json()
        assert second["results"][:3] == first["results"]
        heard = []
        async with asyncio.timeout(PATIENCE_S):
            async for message in link.pushes():
                assert isinstance(message.data, DeliveryPush)
                heard.append(message.data.body)
                if heard[-1] == "last":
                    break
    assert heard == ["0", "1", "2", "last"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "unauthenticated"),
        ({"authorization": "Basic eDp4"}, 401, "unauthenticated"),
        (bearer("plk_" + "A" * 43), 401, "unauthenticated"),
    ],
)
@pytest.mark.parametrize("path", [PUSH, BATCH, KEYS])
async def test_without_a_key_nothing_is_pushed(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], status: int, code: str
):
    """P47."""
    reply = await client.post(path, json=push_to("x", "y"), headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


async def test_a_key_over_its_quota_is_told_when_to_come_back(
    client: httpx.AsyncClient, admin: dict[str, str]
):
    """P47."""
    quota = {"requests_per_second": 0.5, "request_burst": 2}
    _, key = await new_key(client, admin, "slow", quota=quota)
    statuses = [
        (await client.post(PUSH, json=push_to("x", "y"), headers=key)).status_code for _ in range(2)
    ]
    assert statuses == [202, 202]
    refused = await client.post(PUSH, json=push_to("x", "y"), headers=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "over_quota")
    assert refused.json()["error"]["retry"] is True
    assert 0 < refused.json()["error"]["retry_after_s"] <= 2
    assert refused.headers["retry-after"] in ("1", "2")
    metrics = (await client.get("/metrics")).text
    assert 'parlor_key_requests_refused_total{quota="requests"} 1.0' in metrics


async def test_each_push_of_a_batch_counts_as_a_message(
    client: httpx.AsyncClient, admin: dict[str, str]
):
    quota = {"messages_per_second": 0.1, "message_burst": 5, "messages_per_day": 6}
    _, key = await new_key(client, admin, "few", quota=quota)
    batch = {"pushes": [push_to("x", "y")] * 5}
    assert (await client.post(BATCH, json=batch, headers=key)).status_code == 202
    refused = await client.post(PUSH, json=push_to("x", "y"), headers=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "over_quota")
    batch["pushes"].append(push_to("x", "y"))
    too_many = await client.post(BATCH, json=batch, headers=key)
    assert (too_many.status_code, too_many.json()["error"]["code"]) == (400, "bad_request")


async def test_a_revoked_key_is_refused_on_its_very_next_request(
    client: httpx.AsyncClient, admin: dict[str, str]
):
    key_id, key = await new_key(client, admin, "revoked over rest")
    assert (await client.post(PUSH, json=push_to("x", "y"), headers=key)).status_code == 202
    assert (await client.delete(f"{KEYS}/{key_id}", headers=admin)).status_code == 204
    refused = await client.post(PUSH, json=push_to("x", "y"), headers=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthenticated")
    listed = (await client.get(KEYS, headers=admin)).json()["keys"]
    assert key_id not in [one["id"] for one in listed]


async def test_a_key_in_use_that_is_revoked_on_the_command_line_is_refused_soon(
    server: ParlorServer, client: httpx.AsyncClient
):
    key = bearer(await make_key(server, "revoked beside", "push"))

    async def is_refused() -> bool:
        reply = await client.post(PUSH, json=push_to("x", "y"), headers=key)
        return reply.status_code == 401

    assert not await is_refused()
    status, printed = await command(server, "revoke", "revoked beside")
    assert (status, printed[:24]) == (0, "Revoked revoked beside (")
    await soon(is_refused)
    status, printed = await command(server, "revoke", "revoked beside")
    assert (status, printed) == (1, "parlor: There is no such API key.\n")


async def test_a_key_expires(client: httpx.AsyncClient, admin: dict[str, str]):
    _, key = await new_key(client, admin, "short", expires_in_days=1.5 / 86_400)
    assert (await client.post(PUSH, json=push_to("x", "y"), headers=key)).status_code == 202

    async def is_over() -> bool:
        reply = await client.post(PUSH, json=push_to("x", "y"), headers=key)
        return reply.status_code == 401

    await soon(is_over)


async def test_the_command_line_lists_keys_with_their_last_use(
    server: ParlorServer, client: httpx.AsyncClient, admin: dict[str, str]
):
    status, printed = await command(
        server, "add", "listed", "--scope", "push,im", "--expires-in", "30",
        "--messages-per-day", "7",
    )  # fmt: skip
    assert status == 0
    key = bearer(printed.strip())
    assert (await client.post(PUSH, json=push_to("x", "y"), headers=key)).status_code == 202

    async def was_used() -> bool:
        keys = (await client.get(KEYS, headers=admin)).json()["keys"]
        (listed,) = [one for one in keys if one["name"] == "listed"]
        assert listed["scopes"] == ["im", "push"]
        assert listed["quota"] == {"messages_per_day": 7}
        assert listed["expires_at"] - listed["created_at"] == 30 * 86_400_000
        return listed["last_used_at"] is not None

    await soon(was_used)
    status, table = await command(server, "list")
    (line,) = [line for line in table.splitlines() if "  listed  " in line]
    assert (status, line.split()[2], line.split()[-1] != "-") == (0, "im,push", True)
    assert printed.strip() not in table


async def test_requests_share_a_connection_and_are_answered_in_order(
    server: ParlorServer, admin: dict[str, str]
):
    requests = b""
    for number in range(50):
        body = b'{"to":{"room":"x"},"body":"y"' + (b"}" if number % 2 else b"")
        requests += (
            f"POST {PUSH} HTTP/1.1\r\nHost: h\r\nAuthorization: {admin['authorization']}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(requests)
    statuses = []
    for _ in range(50):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        statuses.append(int(head.split()[1]))
        lines = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if line)
        await reader.readexactly(int(lines["content-length"]))
    writer.close()
    assert statuses == [400, 202] * 25


async def test_a_body_that_stops_half_way_is_answered_once(
    server: ParlorServer, admin: dict[str, str]
):
    headers = {**admin, "content-length": "100", "connection": "close"}
    reader, writer = await send_raw(server, f"POST {PUSH} HTTP/1.1", headers, b"{")
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b" 202 " not in answer


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        ("https://app.example.org", True),
        ("https://a.b.example.org", True),
        ("https://example.org", False),
        ("https://app.example.org.evil.example", False),
        ("http://app.example.org", False),
        ("null", False),
    ],
)
async def test_a_named_origin_may_use_everything_and_others_may_not(
    server: ParlorServer, client: httpx.AsyncClient, admin: dict[str, str], origin: str, named: bool
):
    """M38."""
    headers = {**admin, "origin": origin}
    pushed = await client.post(PUSH, json=push_to("x", "y"), headers=headers)
    assert pushed.status_code == (202 if named else 403)
    read = await client.get("/api/v1/server", headers=headers)
    for reply in (pushed, read):
        leave = reply.headers.get("access-control-allow-origin")
        assert leave == (origin if named else None)
        assert "origin" in reply.headers["vary"]
    asked = await client.options(PUSH, headers={**headers, "access-control-request-method": "POST"})
    assert ("access-control-allow-headers" in asked.headers) is named
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(upgrade_request(origin=origin))
    status = (await reader.readline()).split()[1]
    writer.close()
    assert status == (b"101" if named else b"403")


async def test_what_is_bounded_shows_how_full_it_is(
    client: httpx.AsyncClient, admin: dict[str, str]
):
    await client.post(PUSH, json=push_to("x", "y"), headers=admin)
    metrics = (await client.get("/metrics")).text
    for name in ("push_backlog", "push_backlog_limit", "api_keys_in_use"):
        assert f"\nparlor_{name} " in metrics, name
    counted = 'parlor_http_requests_total{method="POST",route="/api/v1/push",status="202"}'
    assert counted in metrics
