import pytest

from tests.support.rest_client import sign_up


@pytest.fixture
async def thread(client):
    """The address of ann's and bob's conversation, and who bob is."""
    _, ann = await sign_up(client, "ann")
    bob_id, bob = await sign_up(client, "bob")
    body = {"kind": "direct", "members": [bob_id]}
    made = await client.post("/api/v1/conversations", json=body, headers=ann)
    return f"/api/v1/conversations/{made.json()['conversation']['id']}", bob


async def test_what_has_become_of_a_message_is_read_in_pages(client, thread):
    path, bob = thread
    pins = (await client.get(f"{path}/pins", headers=bob)).json()
    assert (pins["events"][0]["text"], pins["states"][0]["pinned"], pins["next"]) == (
        "pinned",
        True,
        8,
    )
    assert (await client.get(f"{path}/pins?before=8", headers=bob)).json()["next"] == 0
    history = (await client.get(f"{path}/events/7/history", headers=bob)).json()
    assert [version["text"] for version in history["versions"]] == ["before", "after"]
    query = "emoji=%F0%9F%8E%89&after=4&limit=1"
    reactions = (await client.get(f"{path}/events/7/reactions?{query}", headers=bob)).json()
    assert (reactions["reactions"][0]["emoji"], reactions["next"]) == ("🎉", 5)


@pytest.mark.parametrize("seq", ["x", "1.5", "99999999999999999999999999x"])
async def test_an_event_is_named_by_a_number(client, thread, seq):
    path, bob = thread
    reply = await client.get(f"{path}/events/{seq}/history", headers=bob)
    assert reply.json()["error"]["code"] in ("not_found", "bad_request")
