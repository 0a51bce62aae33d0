from tests.support.rest_client import sign_up


async def test_two_become_contacts_and_part(client):
    ann_id, ann = await sign_up(client, "ann")
    bob_id, bob = await sign_up(client, "bob")
    asked = await client.post("/api/v1/contacts", json={"user": bob_id, "text": "Hi"}, headers=ann)
    assert asked.status_code == 200
    assert asked.json()["contact"]["state"] == "asked"
    waiting = await client.get("/api/v1/contacts", params={"kind": "requests"}, headers=bob)
    assert [(one["user_id"], one["text"]) for one in waiting.json()["contacts"]] == [(ann_id, "Hi")]
    assert [user["name"] for user in waiting.json()["users"]] == ["ann"]
    agreed = await client.post(
        f"/api/v1/contacts/{ann_id}/decide", json={"accept": True}, headers=bob
    )
    assert agreed.json()["contact"]["state"] == "contact"
    named = await client.patch(
        f"/api/v1/contacts/{bob_id}", json={"remark": "Bobby", "tags": ["work"]}, headers=ann
    )
    assert named.json()["contact"]["tags"] == ["work"]
    listed = await client.get("/api/v1/contacts", headers=ann)
    assert [one["remark"] for one in listed.json()["contacts"]] == ["Bobby"]
    gone = await client.delete(f"/api/v1/contacts/{bob_id}", headers=ann)
    assert gone.status_code == 204
    for headers in (ann, bob):
        listed = await client.get("/api/v1/contacts", headers=headers)
        assert listed.json() == {"contacts": [], "users": [], "cursor": ""}


async def test_a_block_refuses_and_is_listed(client):
    ann_id, ann = await sign_up(client, "ann")
    bob_id, bob = await sign_up(client, "bob")
    blocked = await client.post("/api/v1/blocks", json={"user": bob_id, "on": True}, headers=ann)
    assert blocked.status_code == 204
    listed = (await client.get("/api/v1/blocks", headers=ann)).json()
    assert [one["user_id"] for one in listed["blocked"]] == [bob_id]
    assert [user["name"] for user in listed["users"]] == ["bob"]
    refused = await client.post("/api/v1/contacts", json={"user": ann_id}, headers=bob)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_wanted")
    await client.post("/api/v1/blocks", json={"user": bob_id, "on": False}, headers=ann)
    assert (await client.get("/api/v1/blocks", headers=ann)).json()["blocked"] == []


async def test_there_is_nothing_to_decide_or_name_without_a_request(client):
    _, ann = await sign_up(client, "ann")
    bob_id, _ = await sign_up(client, "bob")
    path = f"/api/v1/contacts/{bob_id}"
    decided = await client.post(f"{path}/decide", json={"accept": True}, headers=ann)
    named = await client.patch(path, json={"remark": "x"}, headers=ann)
    assert (decided.status_code, named.status_code) == (404, 404)
    stranger = await client.post("/api/v1/contacts", json={"user": "nobody"}, headers=ann)
    assert stranger.status_code == 404
