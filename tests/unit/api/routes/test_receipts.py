import pytest

from tests.support.rest_client import sign_up


@pytest.fixture
async def ann(client):
    _, headers = await sign_up(client, "ann")
    return headers


async def test_messages_are_acknowledged_for_many_conversations_at_once(client, memory, ann):
    body = {"positions": {"9001": 7, "9002": 3, "large": 1}}
    reply = await client.post("/api/v1/delivered", json=body, headers=ann)
    assert (reply.status_code, reply.json()) == (200, {"without": ["large"]})
    assert sorted(memory.delivered.noted.values()) == [3, 7]


@pytest.mark.parametrize("seq", [-1, 2**53, 1.5, "x", None])
async def test_a_position_is_a_number_that_every_client_can_hold(client, ann, seq):
    reply = await client.post("/api/v1/delivered", json={"positions": {"1": seq}}, headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")


async def test_the_receipts_of_a_conversation_are_listed(client, ann):
    reply = await client.get("/api/v1/conversations/9001/receipts", headers=ann)
    assert reply.json()["receipts"][0] == {
        "conversation_id": "9001",
        "user_id": "2",
        "delivered_seq": 7,
        "read_seq": 7,
    }


async def test_the_readers_of_a_message_come_with_counts_in_pages(client, ann):
    path = "/api/v1/conversations/9001/events/4/readers"
    whole = (await client.get(path, headers=ann)).json()
    assert (whole["read"], whole["unread"], whole["cursor"]) == (["2"], ["3"], "")
    assert (whole["read_count"], whole["unread_count"]) == (1, 1)
    page = (await client.get(path, params={"limit": 1}, headers=ann)).json()
    assert (page["read"], page["unread"], page["cursor"]) == (["2"], [], "2")


@pytest.mark.parametrize(
    "path",
    ["/conversations/404/receipts", "/conversations/404/events/1/readers"],
)
async def test_another_persons_conversation_is_not_found(client, ann, path):
    reply = await client.get(f"/api/v1{path}", headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("seq", ["-1", "x", "9007199254740993"])
async def test_a_seq_that_cannot_be_is_refused(client, ann, seq):
    reply = await client.get(f"/api/v1/conversations/9001/events/{seq}/readers", headers=ann)
    assert reply.status_code in (400, 404)
    assert reply.json()["error"]["code"] in ("bad_request", "not_found", "unknown_method")
