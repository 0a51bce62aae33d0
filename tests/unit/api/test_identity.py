import msgspec
import pytest

from parlor.api.settings import HttpSettings
from tests.support.rest_client import bearer, rest_client, sign_up
from tests.support.rest_services import KEY, Memory


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer  ", "Basic YTpi", "token-102", "Bearer x y"]
)
async def test_what_is_no_bearer_token_is_nobody(client, value):
    await sign_up(client, "ann")
    reply = await client.get("/api/v1/me", headers={"authorization": value})
    assert reply.status_code == 401


async def test_the_scheme_is_read_without_case(client):
    _, headers = await sign_up(client, "ann")
    token = headers["authorization"].split()[1]
    reply = await client.get("/api/v1/me", headers={"authorization": f"bearer {token}"})
    assert reply.status_code == 200


async def test_a_person_is_no_program_and_a_program_no_person(client):
    _, ann = await sign_up(client, "ann")
    push = {"to": {"all": True}, "body": "x"}
    assert (await client.post("/api/v1/push", json=push, headers=ann)).status_code == 401
    assert (await client.get("/api/v1/me", headers=bearer(KEY))).status_code == 401


async def test_a_key_without_the_scope_is_told_so(client):
    reply = await client.post(
        "/api/v1/push", json={"to": {"all": True}, "body": "x"}, headers=bearer(f"{KEY}_im")
    )
    assert reply.status_code == 403
    assert reply.json()["error"]["code"] == "forbidden"


async def test_a_programs_key_is_looked_at_as_nothing_but_a_key(memory: Memory):
    async with rest_client(memory.services()) as client:
        for path, key in (("/debug/stacks", f"{KEY}_admin"), ("/api/v1/keys", "plk_unknown")):
            await client.get(path, headers=bearer(key))
    assert memory.accounts.asked == []


async def test_one_user_who_asks_too_much_hinders_nobody_else(memory: Memory):
    settings = HttpSettings(user_requests_per_second=1.0, user_request_burst=2)
    async with rest_client(memory.services(), settings) as client:
        _, ann = await sign_up(client, "ann")
        _, bob = await sign_up(client, "bob")
        statuses = [(await client.get("/api/v1/me", headers=ann)).status_code for _ in range(3)]
        refused = await client.get("/api/v1/me", headers=ann)
        assert statuses == [200, 200, 429]
        assert refused.json()["error"] == {
            "code": "rate_limited",
            "message": "Too many requests; wait before the next.",
            "retry": True,
            "retry_after_s": 1.0,
        }
        assert refused.headers["retry-after"] == "1"
        assert (await client.get("/api/v1/me", headers=bob)).status_code == 200
        memory.clock.at += 1.0
        assert (await client.get("/api/v1/me", headers=ann)).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 401),
        ("203.0.113.9", bearer(f"{KEY}_push"), 403),
        ("203.0.113.9", bearer(f"{KEY}_admin"), 200),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9"}, 401),
        ("127.0.0.1", {"forwarded": "for=203.0.113.9"}, 401),
    ],
)
async def test_metrics_are_for_this_machine_and_administrators(memory, address, headers, status):
    async with rest_client(memory.services(), address=address) as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status


async def test_a_customers_user_counts_rooms_and_has_no_conversations(memory: Memory):
    async with rest_client(memory.services()) as client:
        _, ann = await sign_up(client, "ann")
        token = ann["authorization"].split()[1]
        known = memory.accounts.tokens[token]
        memory.accounts.tokens[token] = msgspec.structs.replace(known, has_account=False)
        refused = await client.get("/api/v1/conversations", headers=ann)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_needed")
        assert (await client.get("/api/v1/rooms/news/online", headers=ann)).status_code == 200
