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
