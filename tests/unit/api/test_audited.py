import json

from parlor.model.account import Scope
from tests.support.rest_client import bearer, sign_up
from tests.support.rest_services import KEY


async def test_keys_that_are_made_and_revoked_are_entered(memory, client):
    body = {"name": "scores", "scopes": ["push", "im"]}
    made = await client.post("/api/v1/keys", json=body, headers=bearer(KEY))
    key_id = made.json()["key"]["id"]
    await client.delete(f"/api/v1/keys/{key_id}", headers=bearer(KEY))
    entries = [(entry.actor, entry.act, entry.subject) for entry in memory.audit.entries]
    assert entries == [("test", "key.make", key_id), ("test", "key.revoke", key_id)]
    words = json.loads(memory.audit.entries[0].body)
    assert words == {"name": "scores", "scopes": sorted([Scope.PUSH, Scope.IM])}
    assert made.json()["secret"] not in str(memory.audit.entries)


async def test_connections_that_are_revoked_are_entered(memory, client):
    for body in ({"user": "ann"}, {"device": "phone"}, {"token_id": "j" * 200}):
        await client.post("/api/v1/connections/revoke", json=body, headers=bearer(KEY))
    assert [(entry.act, entry.subject) for entry in memory.audit.entries] == [
        ("user.revoke", "ann"),
        ("device.revoke", "phone"),
        ("token.revoke", "j" * 128),
    ]


async def test_an_administrator_is_entered_by_id(memory, client):
    memory.accounts.links.add("setup")
    made = await client.post("/api/v1/setup/setup", json={"name": "root", "password": "x" * 12})
    headers = bearer(made.json()["token"])
    body = {"name": "scores", "scopes": ["push"]}
    await client.post("/api/v1/keys", json=body, headers=headers)
    (entry,) = memory.audit.entries
    assert entry.actor == made.json()["user"]["id"]


async def test_what_was_refused_is_not_entered(memory, client):
    _, ann = await sign_up(client, "ann")
    body = {"name": "scores", "scopes": ["push"]}
    assert (await client.post("/api/v1/keys", json=body, headers=ann)).status_code == 403
    assert (await client.delete("/api/v1/keys/none", headers=bearer(KEY))).status_code == 404
    assert memory.audit.entries == []
