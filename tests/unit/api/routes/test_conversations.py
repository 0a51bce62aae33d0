import pytest

from tests.support.rest_client import sign_up


async def _direct(client, headers, other: str):
    body = {"kind": "direct", "members": [other]}
    return await client.post("/api/v1/conversations", json=body, headers=headers)


async def test_the_same_two_people_have_one_direct_conversation(client):
    ann_id, ann = await sign_up(client, "ann")
    bob_id, bob = await sign_up(client, "bob")
    first, second = await _direct(client, ann, bob_id), await _direct(client, bob, ann_id)
    assert (first.status_code, second.status_code) == (201, 200)
    made, found = first.json()["conversation"], second.json()["conversation"]
    assert made["id"] == found["id"]
    assert (made["kind"], made["title"], made["last_seq"]) == ("direct", "", 1)


async def test_the_list_comes_in_pages_with_what_a_row_shows(client):
    _, ann = await sign_up(client, "ann")
    for title in ("one", "two"):
        body = {"kind": "group", "members": [], "title": title}
        await client.post("/api/v1/conversations", json=body, headers=ann)
    page = (await client.get("/api/v1/conversations?limit=1", headers=ann)).json()
    row = page["conversations"][0]
    assert {"last_event", "unread", "read_seq", "member_count"} <= set(row)
    rest = await client.get(f"/api/v1/conversations?cursor={page['cursor']}", headers=ann)
    assert len(rest.json()["conversations"]) == 1
    assert rest.json()["cursor"] == ""


async def test_members_come_with_their_profiles(client):
    ann_id, ann = await sign_up(client, "ann")
    bob_id, _ = await sign_up(client, "bob")
    conversation = (await _direct(client, ann, bob_id)).json()["conversation"]["id"]
    reply = await client.get(f"/api/v1/conversations/{conversation}/members", headers=ann)
    body = reply.json()
    assert {member["user_id"] for member in body["members"]} == {ann_id, bob_id}
    assert {user["name"] for user in body["users"]} == {"ann", "bob"}


async def test_the_read_position_never_moves_back(client):
    _, ann = await sign_up(client, "ann")
    bob_id, _ = await sign_up(client, "bob")
    conversation = (await _direct(client, ann, bob_id)).json()["conversation"]["id"]
    path = f"/api/v1/conversations/{conversation}/read"
    forward = await client.post(path, json={"seq": 1}, headers=ann)
    back = await client.post(path, json={"seq": 0}, headers=ann)
    assert forward.status_code == 200
    assert forward.json() == back.json() == {"read_seq": 1, "unread": 0}


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("GET", "/members", None),
        ("GET", "/events", None),
        ("POST", "/read", {"seq": 1}),
        ("POST", "/messages", {"client_id": "1", "text": "hi"}),
    ],
)
async def test_who_is_not_in_it_neither_reads_nor_writes(client, method, rest, body):
    _, ann = await sign_up(client, "ann")
    bob_id, _ = await sign_up(client, "bob")
    _, eve = await sign_up(client, "eve")
    conversation = (await _direct(client, ann, bob_id)).json()["conversation"]["id"]
    path = f"/api/v1/conversations/{conversation}{rest}"
    reply = await client.request(method, path, json=body, headers=eve)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not_member")
    gone = await client.request(method, f"/api/v1/conversations/77{rest}", json=body, headers=eve)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("seq", [-1, 2**53, 10**30, "x", None, 1.5])
async def test_a_seq_no_database_could_hold_is_refused(client, seq):
    _, ann = await sign_up(client, "ann")
    reply = await client.post("/api/v1/conversations/77/read", json={"seq": seq}, headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")
