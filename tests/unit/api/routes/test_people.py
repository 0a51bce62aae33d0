from tests.support.rest_client import sign_up


async def test_a_new_display_name_is_seen_by_others(client):
    ann_id, ann = await sign_up(client, "ann")
    _, bob = await sign_up(client, "bob")
    renamed = await client.patch("/api/v1/me", json={"display_name": "Ann 安"}, headers=ann)
    assert renamed.json()["user"]["display_name"] == "Ann 安"
    found = await client.get("/api/v1/users", params={"query": "ann"}, headers=bob)
    assert found.json()["users"] == [{"id": ann_id, "name": "ann", "display_name": "Ann 安"}]


async def test_people_come_in_pages(client):
    for name in ("kim1", "kim2", "kim3"):
        _, headers = await sign_up(client, name)
    seen, cursor = [], ""
    while True:
        params = {"query": "kim", "limit": 1, "cursor": cursor}
        page = (await client.get("/api/v1/users", params=params, headers=headers)).json()
        seen += [user["name"] for user in page["users"]]
        if not (cursor := page["cursor"]):
            break
    assert seen == ["kim1", "kim2", "kim3"]


async def test_finding_people_needs_a_query(client):
    _, ann = await sign_up(client, "ann")
    reply = await client.get("/api/v1/users", headers=ann)
    assert reply.status_code == 400
    assert "query" in reply.json()["error"]["message"]


async def test_what_one_says_of_oneself_is_read_by_others(client):
    ann_id, ann = await sign_up(client, "ann")
    _, bob = await sign_up(client, "bob")
    await client.patch("/api/v1/me", json={"about": "Climbs"}, headers=ann)
    seen = await client.get(f"/api/v1/users/{ann_id}", headers=bob)
    profile = seen.json()["profile"]
    assert (profile["about"], profile["user"]["display_name"]) == ("Climbs", "ann")
    assert (await client.get("/api/v1/users/nobody", headers=bob)).status_code == 404


async def test_a_profile_that_has_not_changed_is_not_sent_again(client):
    ann_id, ann = await sign_up(client, "ann")
    path = f"/api/v1/users/{ann_id}"
    first = await client.get(path, headers=ann)
    again = await client.get(path, headers={**ann, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await client.patch("/api/v1/me", json={"about": "New"}, headers=ann)
    changed = await client.get(path, headers={**ann, "if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_privacy_is_changed_field_by_field(client):
    _, ann = await sign_up(client, "ann")
    before = (await client.get("/api/v1/me/privacy", headers=ann)).json()["privacy"]
    changed = await client.patch(
        "/api/v1/me/privacy", json={"write": "contacts", "found_by_name": False}, headers=ann
    )
    assert changed.json()["privacy"] == {**before, "write": "contacts", "found_by_name": False}
    for wrong in ({"write": "nobody"}, {"write": "friends"}, {"found_by_name": "no"}):
        refused = await client.patch("/api/v1/me/privacy", json=wrong, headers=ann)
        assert refused.status_code == 400, wrong
