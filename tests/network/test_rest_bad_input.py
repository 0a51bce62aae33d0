"""Every route of /openapi.json against what hostile or broken clients send.

The table is the server's own description, so a new route is covered on the day it appears.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from parlor.model.errors import registry
from tests.support.rest_client import bearer, sign_up
from tests.support.rest_document import Operation, check_document, operations
from tests.support.rest_server import http_to, make_key, send_raw, two_in_a_conversation
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

BODY_TIMEOUT_S = 1.0
FLAGS = (
    *("--set", f"http.body_timeout_s={BODY_TIMEOUT_S}"),
    *("--set", "http.max_batch_bytes=262144"),
)
MEBIBYTE = 1 << 20


@dataclass
class Ground:
    """One server, its description, and people in it. `conversation` is ann's and bob's."""

    server: ParlorServer
    client: httpx.AsyncClient
    operations: list[Operation]
    conversation: str
    ann: dict[str, str]
    bob: dict[str, str]
    eve: dict[str, str]
    key: dict[str, str]
    admin: dict[str, str]

    def may(self, op: Operation) -> dict[str, str]:
        """Headers of somebody whom `op` lets in."""
        wanted = {name: roles for needed in op.spec["security"] for name, roles in needed.items()}
        if "admin" in wanted.get("key", ()):
            return self.admin
        return self.ann if "user" in wanted else self.key if "key" in wanted else {}

    def path(self, op: Operation, conversation: str | None = None) -> str:
        return op.example_path(conversation_id=conversation or self.conversation)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    folder = tmp_path_factory.mktemp("bad_input")
    async with running_parlor(folder, FLAGS) as server, http_to(server) as client:
        document = (await client.get("/openapi.json")).json()
        check_document(document)
        path, ann, bob = await two_in_a_conversation(client, "bad")
        _, eve = await sign_up(client, "eve")
        key = bearer(await make_key(server, "bad-input", "push"))
        admin = bearer(await make_key(server, "bad-input admin", "admin"))
        yield Ground(
            server,
            client,
            list(operations(document)),
            path.rpartition("/")[2],
            ann,
            bob,
            eve,
            key,
            admin,
        )


def _code(reply: httpx.Response) -> str:
    """The error's code, after checking that the whole reply is as the registry says."""
    error: dict[str, Any] = reply.json()["error"]
    known = registry()[error["code"]]
    assert reply.status_code == known.status
    assert error["retry"] is known.retry
    assert error["message"]
    assert reply.headers["cache-control"] == "no-store"
    return known.code


async def test_no_route_that_asks_who_you_are_answers_a_stranger(ground: Ground):
    guarded = [
        op for op in ground.operations if op.spec["security"] and {} not in op.spec["security"]
    ]
    assert len(guarded) >= 15
    for op in guarded:
        for headers in ({}, bearer("nonsense"), bearer("plk_nonsense"), bearer("\u00ff" * 9_000)):
            reply = await ground.client.request(
                op.method, ground.path(op), headers=_latin(headers), content=b"{"
            )
            assert _code(reply) == "unauthenticated", op


async def test_a_conversation_is_closed_to_everybody_else(ground: Ground):
    inside = [op for op in ground.operations if "{conversation_id}" in op.path]
    assert len(inside) >= 5
    for op in inside:
        body = op.example_body() if op.takes_body else None
        path, unknown = ground.path(op), ground.path(op, "5000000000000001")
        reply = await ground.client.request(op.method, path, headers=ground.eve, json=body)
        assert _code(reply) == "not_member", op
        reply = await ground.client.request(op.method, unknown, headers=ground.eve, json=body)
        assert _code(reply) == "not_found", op


@pytest.mark.parametrize(
    "name", ["x", "-1", "0", "9" * 40, "%00", "1e9", "１２", "' or 1=1 --", "%ff"]
)
async def test_a_conversation_id_that_cannot_be_is_not_found(ground: Ground, name: str):
    for op in ground.operations:
        if "{conversation_id}" in op.path:
            body = op.example_body() if op.takes_body else None
            reply = await ground.client.request(
                op.method, ground.path(op, name), headers=ground.ann, json=body
            )
            assert _code(reply) in ("not_found", "not_member"), op


BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "no object": b"[]",
    "null": b"null",
    "an empty object": b"{}",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 40_000,
    "a long number": b'{"seq":' + b"9" * 100_000 + b"}",
    "an infinite number": b'{"seq":1e999999}',
    "bytes that are no text": b'{"name":"\xff\xfe"}',
    "half a character": b'{"name":"\\udc00"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
async def test_a_body_that_is_not_the_route_s_is_refused(ground: Ground, body: bytes):
    taking = [op for op in ground.operations if op.takes_body]
    assert len(taking) >= 9
    for op in taking:
        reply = await ground.client.request(
            op.method, ground.path(op), headers=ground.may(op), content=body
        )
        assert _code(reply) == "bad_request", op


async def test_a_body_over_the_limit_is_too_large_everywhere(ground: Ground):
    body = b'{"text":"' + b"x" * 300_000 + b'"}'
    for op in ground.operations:
        if op.takes_body:
            reply = await ground.client.request(
                op.method, ground.path(op), headers=ground.may(op), content=body
            )
            assert _code(reply) == "too_large", op


async def test_a_body_announced_as_huge_is_refused_before_it_is_sent(ground: Ground):
    headers = {**ground.ann, "Content-Length": str(10**12)}
    reader, writer = await send_raw(ground.server, "PATCH /api/v1/me HTTP/1.1", headers)
    async with asyncio.timeout(20):
        assert b" 413 " in await reader.readline()
        assert b"too_large" in await reader.read()
    writer.close()


async def test_a_body_never_finished_is_given_up_in_time_on_every_route(ground: Ground):
    async def begin(op: Operation) -> bytes:
        headers = {**ground.may(op), "Content-Length": "1000"}
        head = f"{op.method} {ground.path(op)} HTTP/1.1"
        reader, writer = await send_raw(ground.server, head, headers, b'{"na')
        async with asyncio.timeout(BODY_TIMEOUT_S + 5):
            answer = await reader.read()
        writer.close()
        return answer

    taking = [op for op in ground.operations if op.takes_body]
    for op, answer in zip(taking, await asyncio.gather(*map(begin, taking)), strict=True):
        assert b" 408 " in answer.splitlines()[0], op
        assert b"body_timed_out" in answer, op


async def test_what_does_not_exist_is_not_found_and_other_methods_are_not_allowed(ground: Ground):
    for path in ("/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/me", "/api/v1/me/x"):
        assert _code(await ground.client.get(path, headers=ground.ann)) == "not_found", path
    by_path: dict[str, set[str]] = {}
    for op in ground.operations:
        by_path.setdefault(ground.path(op).partition("?")[0], set()).add(op.method)
    for path, methods in by_path.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            reply = await ground.client.request(method, path, headers=ground.ann)
            assert _code(reply) == "method_not_allowed", (method, path)
            assert methods <= set(reply.headers["allow"].replace(" ", "").split(","))


@pytest.mark.parametrize("value", ["-1", "0", "x", "", "9" * 40, "1.5"])
async def test_numbers_in_the_address_are_checked(ground: Ground, value: str):
    for op in ground.operations:
        for parameter in op.spec["parameters"]:
            bounds = parameter["schema"]
            if parameter["in"] != "query" or bounds["type"] != "integer":
                continue
            if value.isdigit() and bounds["minimum"] <= int(value) <= bounds["maximum"]:
                continue
            path = ground.path(op)
            joint = "&" if "?" in path else "?"
            reply = await ground.client.request(
                op.method, f"{path}{joint}{parameter['name']}={value}", headers=ground.may(op)
            )
            assert _code(reply) == "bad_request", (op, parameter["name"])


async def test_what_was_refused_left_nothing_and_nobody_can_forge_a_sender(ground: Ground):
    path = f"/api/v1/conversations/{ground.conversation}"
    before = (await ground.client.get(f"{path}/events", headers=ground.bob)).json()["last_seq"]
    for text in ("x" * 4_097, "", " \n", "\x00", 5, None):
        message = {"client_id": f"bad {text!r}"[:40], "text": text}
        reply = await ground.client.post(f"{path}/messages", json=message, headers=ground.ann)
        assert reply.status_code in (400, 422)
        assert _code(reply) in ("text_too_long", "empty_text", "bad_text", "bad_request")
    fits = {"client_id": "fits", "text": "字" * 4_096, "sender": "1", "seq": 99, "id": "x"}
    reply = await ground.client.post(f"{path}/messages", json=fits, headers=ground.ann)
    assert reply.status_code == 201
    after = (await ground.client.get(f"{path}/events", headers=ground.bob)).json()
    assert after["last_seq"] == before + 1
    me = (await ground.client.get("/api/v1/me", headers=ground.ann)).json()["user"]["id"]
    assert after["events"][-1]["sender"] == me


async def test_hostile_bodies_cost_no_memory_and_hinder_nobody(ground: Ground):
    hostile = [BODIES["deep arrays"], BODIES["deep objects"], b'"' + b"x" * 3 * MEBIBYTE + b'"']

    async def attack(rounds: int) -> None:
        for _ in range(rounds):
            for body in hostile:
                reply = await ground.client.patch("/api/v1/me", headers=ground.eve, content=body)
                assert reply.status_code in (400, 413)

    await attack(10)
    before = _resident_bytes(ground.server)
    attacking = asyncio.create_task(attack(40))
    while not attacking.done():
        reply = await ground.client.get("/api/v1/me", headers=ground.bob)
        assert reply.status_code == 200
    await attacking
    assert _resident_bytes(ground.server) - before < 8 * MEBIBYTE


async def test_a_user_who_asks_without_end_is_told_to_wait_and_others_are_not(tmp_path: Path):
    """One more request in a quarter of an hour: no client is so slow that it gets through."""
    limits = ("http.user_request_burst=20", "http.user_requests_per_second=0.001")
    flags = [flag for limit in limits for flag in ("--set", limit)]
    async with running_parlor(tmp_path, flags) as server, http_to(server) as client:
        (_, mallory), (_, bob) = [await sign_up(client, name) for name in ("mallory", "bob")]

        async def ask() -> list[httpx.Response]:
            return [await client.get("/api/v1/me", headers=mallory) for _ in range(10)]

        asked = await asyncio.gather(*[ask() for _ in range(5)])
        replies = [reply for some in asked for reply in some]
        refused = [reply for reply in replies if reply.status_code != 200]
        assert (len(replies), len(refused)) == (50, 30)
        for reply in refused:
            assert _code(reply) == "rate_limited"
            assert int(reply.headers["retry-after"]) >= 1
        assert (await client.get("/api/v1/me", headers=bob)).status_code == 200


async def test_the_log_of_all_this_has_no_failure_in_it(ground: Ground):
    assert "request_failed" not in ground.server.log()
    assert "Traceback" not in ground.server.log()


def _latin(headers: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode("latin-1") for name, value in headers.items()}


def _resident_bytes(server: ParlorServer) -> int:
    pages = Path(f"/proc/{server.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
