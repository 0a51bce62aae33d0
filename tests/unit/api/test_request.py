import asyncio
from typing import Any

import pytest

from parlor.api.app import build_app
from parlor.api.settings import HttpSettings
from tests.support.rest_client import NO_WEBAPP, rest_client, sign_up
from tests.support.rest_services import Memory

Message = dict[str, Any]
BOMBS = {
    "nothing": b"",
    "not JSON": b"{",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 20_000,
    "deep in a field nobody reads": b'{"name":"ann","password":"12345678","z":' + b"[" * 100_000,
    "bytes that are no text": b'{"name":"\xff"}',
    "half a character": b'{"name":"\\ud800","password":"x"}',
    "a number without end": b'{"name":' + b"9" * 100_000 + b"}",
    "an infinite number": b'{"name":1e99999}',
    "another shape": b"[]",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=list(BOMBS))
async def test_hostile_json_gets_one_kind_of_answer(client, body):
    reply = await client.post("/api/v1/accounts", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "bad_request"


async def test_json_is_read_whatever_content_type_it_is_called(client):
    reply = await client.post(
        "/api/v1/accounts",
        content=b'{"name":"ann","password":"a long passphrase"}',
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert reply.status_code == 201


async def test_a_body_over_the_limit_is_refused_and_the_link_ends(memory: Memory):
    async with rest_client(memory.services(), HttpSettings(max_body_bytes=1_000)) as client:
        fits = await client.post("/api/v1/accounts", content=b'"' + b"x" * 998 + b'"')
        over = await client.post("/api/v1/accounts", content=b'"' + b"x" * 999 + b'"')
    assert fits.status_code == 400
    assert over.status_code == 413
    assert over.json()["error"]["code"] == "too_large"
    assert over.headers["connection"] == "close"


async def test_a_body_announced_as_huge_is_refused_unread(memory: Memory):
    sent = await _answer(memory, [], {"content-length": str(10**9)})
    assert sent[0]["status"] == 413


async def test_a_body_in_pieces_without_end_is_refused(memory: Memory):
    piece: Message = {"type": "http.request", "body": b"x" * 65_536, "more_body": True}
    sent = await _answer(memory, [piece] * 1_000)
    assert sent[0]["status"] == 413


async def test_a_body_that_never_ends_is_given_up(memory: Memory):
    piece: Message = {"type": "http.request", "body": b"{", "more_body": True}
    sent = await _answer(memory, [piece], settings=HttpSettings(body_timeout_s=0.01))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"body_timed_out" in sent[1]["body"]


async def test_a_client_that_leaves_in_the_middle_is_no_failure_of_the_server(memory: Memory):
    pieces: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent = await _answer(memory, pieces)
    assert sent[0]["status"] == 400


async def test_a_stranger_s_body_is_not_read(memory: Memory):
    sent = await _answer(memory, [], path="/api/v1/push")
    assert sent[0]["status"] == 401


async def test_a_user_s_request_knows_where_it_comes_from(memory: Memory):
    async with rest_client(memory.services(), address="198.51.100.7") as client:
        await sign_up(client, "ann")
    assert memory.accounts.addresses == ["198.51.100.7"]


async def _answer(
    memory: Memory,
    incoming: list[Message],
    headers: dict[str, str] | None = None,
    *,
    path: str = "/api/v1/accounts",
    settings: HttpSettings | None = None,
) -> list[Any]:
    """What the application sends for a POST whose body arrives as `incoming`, then nothing."""
    app = build_app(memory.services(), settings or HttpSettings(), webapp=NO_WEBAPP)
    sent: list[Any] = []
    pieces = iter(incoming)

    async def receive():
        if (piece := next(pieces, None)) is not None:
            return piece
        return await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(n.encode(), v.encode()) for n, v in (headers or {}).items()],
        "client": ("203.0.113.9", 40_000),
        "server": ("parlor.test", 80),
    }
    async with asyncio.timeout(5):
        await app(scope, receive, send)  # type: ignore[arg-type]
    return sent
