import pytest

from tests.support.rest_client import bearer, rest_client, sign_up
from tests.support.rest_services import LINK, Accounts, Memory

ACCOUNT = {"name": "ann", "password": "a long passphrase", "display_name": "Ann Lee"}


async def test_an_account_is_made_and_signed_in(client):
    reply = await client.post("/api/v1/accounts", json=ACCOUNT)
    assert reply.status_code == 201
    body = reply.json()
    assert body["user"] == {"id": "101", "name": "ann", "display_name": "Ann Lee"}
    assert body["refresh_token"]
    me = await client.get("/api/v1/me", headers=bearer(body["token"]))
    assert me.json()["user"] == body["user"]


async def test_a_closed_server_says_that_it_takes_nobody(client, memory: Memory):
    memory.accounts.open_sign_up = False
    reply = await client.post("/api/v1/accounts", json=ACCOUNT)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "sign_up_closed")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 409, "name_taken"),
        ({"name": "A"}, 422, "bad_name"),
        ({"name": "bob", "display_name": "a\u202eb"}, 422, "bad_display_name"),
    ],
)
async def test_what_the_services_refuse_keeps_its_code(client, change, status, code):
    await sign_up(client, "ann")
    reply = await client.post("/api/v1/accounts", json={**ACCOUNT, **change})
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


async def test_signing_in_on_a_device_is_200_and_a_wrong_password_401(client):
    await client.post("/api/v1/accounts", json=ACCOUNT)
    credentials = {"name": "ann", "password": ACCOUNT["password"], "device": "laptop"}
    reply = await client.post("/api/v1/sessions", json=credentials)
    assert reply.status_code == 200
    assert reply.json()["device"] == "laptop"
    wrong = await client.post("/api/v1/sessions", json={**credentials, "password": "another one"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "wrong_credentials")


async def test_a_refresh_token_is_spent_once(client):
    first = (await client.post("/api/v1/accounts", json=ACCOUNT)).json()
    spend = {"refresh_token": first["refresh_token"]}
    second = await client.post("/api/v1/sessions/refresh", json=spend)
    assert second.status_code == 200
    assert second.json()["token"] != first["token"]
    again = await client.post("/api/v1/sessions/refresh", json=spend)
    assert again.status_code == 401


async def test_a_signed_out_token_opens_nothing(client):
    _, ann = await sign_up(client, "ann")
    out = await client.delete("/api/v1/sessions/current", headers=ann)
    assert (out.status_code, out.content) == (204, b"")
    assert (await client.get("/api/v1/me", headers=ann)).status_code == 401


async def test_signing_out_is_for_whoever_judges_tokens(memory: Memory):
    """Whoever signs people in knows nothing of customers' tokens, which name accounts too."""
    judge = Accounts()
    async with rest_client(memory.services(authentication=judge)) as client:
        _, ann = await sign_up(client, "ann")
        judge.tokens |= memory.accounts.tokens
        await client.delete("/api/v1/sessions/current", headers=ann)
        assert (await client.get("/api/v1/me", headers=ann)).status_code == 401


async def test_a_set_up_link_can_be_looked_at_and_redeemed_once(client):
    look = await client.get(f"/api/v1/setup/{LINK}")
    assert look.json() == {"name": "", "admin": True}
    done = await client.post(f"/api/v1/setup/{LINK}", json=ACCOUNT)
    assert done.status_code == 201
    assert done.json()["admin"] is True
    assert (await client.get(f"/api/v1/setup/{LINK}")).status_code == 404
    assert (await client.post(f"/api/v1/setup/{LINK}", json=ACCOUNT)).status_code == 404


async def test_a_changed_password_signs_out_other_devices_and_not_the_one_that_asks(client, memory):
    _, ann = await sign_up(client, "ann")
    words = {"name": "ann", "password": ACCOUNT["password"]}
    phone = (await client.post("/api/v1/sessions", json=words)).json()
    body = {"present": ACCOUNT["password"], "new": "another passphrase"}
    reply = await client.post("/api/v1/me/password", json=body, headers=ann)
    assert (reply.status_code, reply.json()) == (200, {"ended": 1})
    assert memory.accounts.addresses[-1] == "203.0.113.9"
    assert (await client.get("/api/v1/me", headers=bearer(phone["token"]))).status_code == 401
    assert (await client.get("/api/v1/me", headers=ann)).status_code == 200


async def test_without_the_present_password_or_a_token_none_is_changed(client, memory):
    _, ann = await sign_up(client, "ann")
    body = {"present": "a guess", "new": "another passphrase"}
    reply = await client.post("/api/v1/me/password", json=body, headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "wrong_credentials")
    nobody = await client.post("/api/v1/me/password", json=body)
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (401, "unauthenticated")
    assert memory.accounts.passwords["ann"] == ACCOUNT["password"]


async def test_a_one_time_password_needs_a_new_one_beside_it(client, memory):
    await sign_up(client, "ann")
    memory.accounts.one_time.add("ann")
    words = {"name": "ann", "password": ACCOUNT["password"]}
    refused = await client.post("/api/v1/sessions", json=words)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "new_password_needed")
    words["new_password"] = "another passphrase"
    assert (await client.post("/api/v1/sessions", json=words)).status_code == 200
    assert memory.accounts.passwords["ann"] == "another passphrase"
