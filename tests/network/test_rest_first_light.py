"""What programs do over REST with a real server: people who chat, a program that pushes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.support.rest_client import bearer, sign_up
from tests.support.rest_server import http_to, make_key, two_in_a_conversation
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path_factory.mktemp("first_light")) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: ParlorServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_to(server) as client:
        yield client


async def test_two_people_chat_and_catch_up(client: httpx.AsyncClient):
    path, ann, bob = await two_in_a_conversation(client, "chat")
    for number, (who, text) in enumerate([(ann, "你好 👋"), (bob, "hi"), (ann, "再见")]):
        message = {"client_id": f"c{number}", "text": text}
        first = await client.post(f"{path}/messages", json=message, headers=who)
        again = await client.post(f"{path}/messages", json=message, headers=who)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
    page = (await client.get(f"{path}/events?after=1", headers=bob)).json()
    assert [event["text"] for event in page["events"]] == ["你好 👋", "hi", "再见"]
    assert [event["seq"] for event in page["events"]] == [2, 3, 4]
    assert (page["last_seq"], page["more"]) == (4, False)
    row = (await client.get("/api/v1/conversations", headers=bob)).json()["conversations"][0]
    assert row["last_event"]["text"] == "再见"
    read = await client.post(f"{path}/read", json={"seq": 4}, headers=bob)
    assert read.json() == {"read_seq": 4, "unread": 0}
    back = await client.post(f"{path}/read", json={"seq": 2}, headers=bob)
    assert back.json() == {"read_seq": 4, "unread": 0}
    members = (await client.get(f"{path}/members", headers=ann)).json()
    assert {user["name"] for user in members["users"]} == {"chat.one", "chat.other"}


async def test_an_administrator_is_made_by_a_link_that_works_once(
    server: ParlorServer, client: httpx.AsyncClient
):
    link = await _link_for_administrator(server)
    assert (await client.get(f"/api/v1/setup/{link}")).json() == {"name": "root", "admin": True}
    account = {"name": "", "password": "a long passphrase"}
    made = await client.post(f"/api/v1/setup/{link}", json=account)
    assert made.status_code == 201
    assert made.json()["admin"] is True
    assert (await client.post(f"/api/v1/setup/{link}", json=account)).status_code == 404


async def test_a_session_is_renewed_once_and_ended(client: httpx.AsyncClient):
    await sign_up(client, "renewed")
    credentials = {"name": "renewed", "password": "a long passphrase", "device": "phone"}
    first = (await client.post("/api/v1/sessions", json=credentials)).json()
    spend = {"refresh_token": first["refresh_token"]}
    second = await client.post("/api/v1/sessions/refresh", json=spend)
    assert second.status_code == 200
    token = bearer(second.json()["token"])
    assert (await client.get("/api/v1/me", headers=token)).json()["device"] == "phone"
    assert (await client.delete("/api/v1/sessions/current", headers=token)).status_code == 204
    assert (await client.get("/api/v1/me", headers=token)).status_code == 401
    assert (await client.post("/api/v1/sessions/refresh", json=spend)).status_code == 401


async def test_a_program_pushes_and_repeats_without_fear(
    server: ParlorServer, client: httpx.AsyncClient
):
    key = bearer(await make_key(server, "scores", "push"))
    push = {"to": {"room": "live://1000"}, "body": "1:0", "kind": "must_arrive", "id": "goal-1"}
    first = await client.post("/api/v1/push", json=push, headers=key)
    assert first.status_code == 202
    assert first.json()["to"] == 0
    again = await client.post("/api/v1/push", json=push, headers=key)
    assert again.json() == first.json()
    online = await client.get("/api/v1/rooms/live:%2F%2F1000/online", headers=key)
    assert online.json() == {"room": "live://1000", "online": 0}
    top = (await client.get("/api/v1/online/top", headers=key)).json()
    assert top["rooms"] == []


async def test_the_watchers_addresses_answer(client: httpx.AsyncClient):
    assert (await client.get("/healthz")).json() == {"alive": True}
    assert (await client.get("/readyz")).json() == {"ready": True, "reasons": []}
    metrics = (await client.get("/metrics")).text
    assert 'parlor_http_requests_total{method="GET",route="/healthz",status="200"}' in metrics
    about = (await client.get("/api/v1/server")).json()
    assert about["limits"]["max_text_chars"] == 4_096
    assert about["open_sign_up"] is True


async def test_every_address_of_the_web_app_gives_a_page_with_a_strict_policy(
    client: httpx.AsyncClient,
):
    for path in ("/", "/c/1", "/call/1", "/m/1", "/setup/x", "/settings", "/docs"):
        reply = await client.get(path, headers={"accept": "text/html"})
        assert reply.headers["content-type"] == "text/html; charset=utf-8", path
        assert "script-src 'self';" in reply.headers["content-security-policy"]


async def _link_for_administrator(server: ParlorServer) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "parlor.boot.cli", "user", "add", "root", "--admin"),
        *("--data", str(server.data)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    return printed.decode().strip().rpartition("/setup/")[2]
