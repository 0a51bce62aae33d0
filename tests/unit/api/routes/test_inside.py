from parlor.model.ids import PushId, RoomId
from parlor.model.push import Push, ToRoom
from tests.support.rest_client import bearer
from tests.support.rest_services import KEY

ADMIN = bearer(f"{KEY}_admin")


async def test_what_became_of_a_push_is_for_programs_with_scope_admin(client, memory):
    memory.traces.begin(Push(PushId("p1"), b"x"), ToRoom(RoomId("r")), "scores", 5)
    known = await client.get("/api/v1/trace/p1", headers=ADMIN)
    assert known.status_code == 200
    assert (known.json()["by"], known.json()["online"]) == ("scores", 5)
    refused = await client.get("/api/v1/trace/p1", headers=bearer(f"{KEY}_push"))
    assert refused.status_code == 403
    assert (await client.get("/api/v1/trace/p1")).status_code == 401


async def test_a_push_that_nobody_knows_any_more_is_not_found(client):
    unknown = await client.get("/api/v1/trace/p2", headers=ADMIN)
    assert unknown.status_code == 404
    assert "not any more" in unknown.json()["error"]["message"]


async def test_the_watch_list_is_replaced_as_a_whole(client):
    put = await client.put("/api/v1/watched", headers=ADMIN, json={"users": ["b", "a"]})
    assert put.json() == {"users": ["a", "b"]}
    refused = await client.put("/api/v1/watched", headers=ADMIN, json={"users": ["a", "b", "c"]})
    assert refused.status_code == 400
    assert (await client.get("/api/v1/watched", headers=ADMIN)).json() == {"users": ["a", "b"]}
    empty = await client.put("/api/v1/watched", headers=ADMIN, json={"users": []})
    assert empty.json() == {"users": []}


async def test_a_profile_is_text_or_a_page_to_save(client):
    text = await client.get("/debug/profile?seconds=0.01", headers=ADMIN)
    assert (text.status_code, text.text) == (200, "profile")
    page = await client.get("/debug/profile?seconds=0.01", headers={**ADMIN, "accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "attachment" in page.headers["content-disposition"]
    long = await client.get("/debug/profile?seconds=31", headers=ADMIN)
    assert (long.status_code, long.json()["error"]["code"]) == (400, "bad_request")


async def test_the_inside_is_shown_to_administrators_only(client, memory):
    for path in ("/debug/stacks", "/debug/profile?seconds=0.01"):
        # The address of this client is loopback, which opens nothing here.
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers=bearer(f"{KEY}_push"))).status_code == 403
        signed = await memory.accounts.sign_up("ann", "secret-word", "", device="", address="")
        token = signed.tokens.token
        assert (await client.get(path, headers=bearer(token))).status_code == 403
        memory.accounts.passwords.clear()
        admin = memory.accounts._tokens(signed.user, "", admin=True).tokens.token
        assert (await client.get(path, headers=bearer(admin))).status_code == 200
