import pytest

from tests.support.rest_client import bearer, sign_up
from tests.support.rest_services import KEY, LINK, Memory

PATH = "/api/v1/keys"
ADMIN = bearer(f"{KEY}_admin")


async def test_an_administrators_key_makes_lists_and_revokes_keys(client, memory: Memory):
    new = {
        "name": "scores",
        "scopes": ["push"],
        "expires_in_days": 2,
        "quota": {"messages_per_day": 5},
    }
    made = await client.post(PATH, json=new, headers=ADMIN)
    assert made.status_code == 201
    key = made.json()["key"]
    assert key == {
        "id": "000000000001",
        "name": "scores",
        "scopes": ["push"],
        "created_at": 1_000_000,
        "expires_at": 1_000_000 + 2 * 86_400_000,
        "last_used_at": None,
        "quota": {"messages_per_day": 5},
    }
    assert made.json()["secret"] == "plk_scores"
    listed = await client.get(PATH, headers=ADMIN)
    assert listed.json() == {"keys": [key]}
    assert "plk_" not in listed.text
    gone = await client.delete(f"{PATH}/{key['id']}", headers=ADMIN)
    assert (gone.status_code, gone.content) == (204, b"")
    again = await client.delete(f"{PATH}/{key['id']}", headers=ADMIN)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")


async def test_a_signed_in_administrator_may_and_others_may_not(client):
    account = {"name": "root", "password": "a long passphrase"}
    root = (await client.post(f"/api/v1/setup/{LINK}", json=account)).json()["token"]
    assert (await client.get(PATH, headers=bearer(root))).status_code == 200
    _, ann = await sign_up(client, "ann")
    for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/1")):
        for who, status in ((ann, 403), (bearer(f"{KEY}_push"), 403), ({}, 401)):
            reply = await client.request(method, path, headers=who)
            assert reply.status_code == status, (method, who)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 5},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_in_days": -1},
        {"quota": {"messages_per_day": -1}},
        {"quota": {"request_burst": 1.5}},
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(client, memory: Memory, wrong):
    reply = await client.post(PATH, json={"name": "x", "scopes": ["push"], **wrong}, headers=ADMIN)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")
    assert memory.keys.made == {}


async def test_a_name_is_taken_once(client):
    new = {"name": "x", "scopes": ["push"]}
    assert (await client.post(PATH, json=new, headers=ADMIN)).status_code == 201
    reply = await client.post(PATH, json=new, headers=ADMIN)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "name_taken")
