import pytest

from tests.support.rest_client import sign_up

GROUP = "/api/v1/conversations/900"


@pytest.fixture
async def ann(client):
    _, headers = await sign_up(client, "ann")
    return headers


async def test_a_link_comes_with_the_path_that_makes_it_whole(memory, client, ann):
    body = {"client_id": "c", "expires_in_s": 60, "max_uses": 5}
    reply = await client.post(f"{GROUP}/links", json=body, headers=ann)
    assert reply.status_code == 201
    assert (reply.json()["link"]["code"], reply.json()["path"]) == ("q7", "/join/q7")
    assert memory.groups.asked[0][2] == ("900", "c", ("expires_in_s", 60), ("max_uses", 5))


async def test_links_are_listed_and_taken_back(memory, client, ann):
    listed = (await client.get(f"{GROUP}/links", headers=ann)).json()["links"]
    assert [link["code"] for link in listed] == ["q7"]
    reply = await client.delete(f"{GROUP}/links/q7", headers=ann)
    assert (reply.status_code, reply.content) == (204, b"")
    assert memory.groups.asked[0][::2] == ("end", ("900", "q7"))


async def test_a_group_is_looked_at_and_entered_from_outside(memory, client, ann):
    seen = (await client.get("/api/v1/groups/preview?code=q7", headers=ann)).json()["group"]
    assert (seen["title"], seen["member_count"], seen["join"]) == ("Team", 2, "open")
    body = {"client_id": "c", "code": "q7"}
    joined = await client.post("/api/v1/groups/join", json=body, headers=ann)
    assert joined.json() == {"conversation_id": "900", "inside": True}
    asked = await client.post("/api/v1/groups/join", json={**body, "text": "hi"}, headers=ann)
    assert asked.json()["inside"] is False
    assert memory.groups.asked[-1][2] == ("900", "c", "q7", "hi")


async def test_requests_come_with_their_profiles_and_are_decided(memory, client, ann):
    listed = (await client.get(f"{GROUP}/requests", headers=ann)).json()
    (request,) = listed["requests"]
    assert [user["id"] for user in listed["users"]] == [request["user_id"]]
    body = {"client_id": "c", "let_in": True}
    reply = await client.post(f"{GROUP}/requests/7", json=body, headers=ann)
    assert reply.status_code == 200
    assert memory.groups.asked[0][2] == ("900", "c", "7", ("let_in", True))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{GROUP}/links", {"client_id": "c", "expires_in_s": -1}),
        (f"{GROUP}/links", {"client_id": "c", "max_uses": 2**53}),
        (f"{GROUP}/requests/7", {"client_id": "c"}),
        ("/api/v1/groups/join", {}),
    ],
)
async def test_a_body_of_another_shape_is_refused(memory, client, ann, path, body):
    reply = await client.post(path, json=body, headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")
    assert memory.groups.asked == []
