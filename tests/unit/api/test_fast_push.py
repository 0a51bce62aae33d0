"""The short way must answer as the long one does: every test here asks both."""

import httpx
import msgspec
import pytest

from parlor.api.settings import HttpSettings
from parlor.model.errors import Overloaded
from parlor.push.backlog import Backlog
from tests.support.rest_client import bearer, rest_client
from tests.support.rest_services import KEY, Memory, RecordedPushes

SHORT, LONG = "/api/v1/push", "/api/v1/push/"
"""Litestar serves both spellings; `fast_push` takes only the first."""
GOOD = {"to": {"room": "news"}, "body": "hi"}


async def _both(client: httpx.AsyncClient, **request: object) -> httpx.Response:
    """The answer to `request`, which both ways give alike but for wording."""
    short = await client.post(SHORT, **request)  # type: ignore[arg-type]
    long = await client.post(LONG, **request)  # type: ignore[arg-type]
    assert short.status_code == long.status_code
    assert short.headers.multi_items() == long.headers.multi_items() or short.is_error
    assert set(short.headers) == set(long.headers)
    if short.is_error:
        error, other = short.json()["error"], long.json()["error"]
        assert {**error, "message": ""} == {**other, "message": ""}
    return short


async def test_a_good_push(client, memory: Memory):
    reply = await _both(client, json=GOOD, headers=bearer(KEY))
    assert (reply.status_code, reply.json()) == (202, {"push_id": "pu_1", "to": None})
    assert memory.pushes.sent[0] == memory.pushes.sent[1]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Basic x"}, 401),
        ({"authorization": "Bearer "}, 401),
        (bearer("plk_nobody"[:3]), 401),
        (bearer(f"{KEY}_im"), 403),
        ({"authorization": f"bearer  {KEY} "}, 202),
    ],
)
async def test_who_asks_is_asked_first(client, headers, status):
    reply = await _both(client, json=GOOD, headers=headers)
    assert reply.status_code == status
    assert ("www-authenticate" in reply.headers) == (status == 401)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"to": {"room": "a"}, "body": "\\ud800"}',
        b"[" * 100_000,
        b'{"to": {"room": "a"}, "body": 5}',
        b'{"to": {"room": "a"}, "body": "x", "rate": 1.5}',
        b'{"to": {"room": "a"}, "body": "x", "kind": "maybe"}',
    ],
)
async def test_what_is_no_push_is_a_bad_request(client, memory: Memory, content):
    reply = await _both(client, content=content, headers=bearer(KEY))
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")
    assert memory.pushes.sent == []


async def test_a_body_over_the_limit_is_too_large(memory: Memory):
    body = msgspec.json.encode(GOOD)
    settings = HttpSettings(max_body_bytes=len(body))
    async with rest_client(memory.services(), settings) as client:
        assert (await _both(client, content=body, headers=bearer(KEY))).status_code == 202
        reply = await _both(client, content=body + b" ", headers=bearer(KEY))
        assert reply.status_code == 413
        assert reply.headers["connection"] == "close"


async def test_a_batch_may_be_larger_than_other_bodies(memory: Memory):
    body = msgspec.json.encode({"pushes": [GOOD]})
    settings = HttpSettings(max_body_bytes=5, max_batch_bytes=len(body))
    async with rest_client(memory.services(), settings) as client:
        taken = await client.post(f"{SHORT}/batch", content=body, headers=bearer(KEY))
        refused = await client.post(f"{SHORT}/batch", content=body + b" ", headers=bearer(KEY))
    assert (taken.status_code, refused.status_code) == (202, 413)


async def test_a_fault_of_our_own_says_nothing_of_itself(memory: Memory):
    class Broken(RecordedPushes):
        async def to_room(self, room, body, wish, *, rate=0):
            raise ZeroDivisionError("secret")

    async with rest_client(memory.services(pushes=Broken())) as client:
        reply = await _both(client, json=GOOD, headers=bearer(KEY))
    assert (reply.status_code, reply.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in reply.text


async def test_too_much_that_waits_for_delivery_is_refused(memory: Memory):
    full = Backlog(lambda: 1, 1, 0.0)
    async with rest_client(memory.services(backlog=full)) as client:
        reply = await _both(client, json=GOOD, headers=bearer(KEY))
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, Overloaded.code)
        batch = await client.post(f"{SHORT}/batch", json={"pushes": [GOOD]}, headers=bearer(KEY))
        assert batch.json()["results"][0]["error"]["code"] == Overloaded.code


async def test_other_methods_are_litestars(client):
    reply = await client.get(SHORT, headers=bearer(KEY))
    assert reply.status_code == 405
    assert "POST" in reply.headers["allow"]


async def test_both_ways_are_counted_as_one_route(client, memory: Memory):
    await _both(client, json=GOOD, headers=bearer(KEY))
    assert memory.metrics.counts["http_requests", "method=POST route=/api/v1/push status=202"] == 2
