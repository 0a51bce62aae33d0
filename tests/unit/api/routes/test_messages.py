import pytest

from tests.support.rest_client import sign_up


@pytest.fixture
async def thread(client):
    _, ann = await sign_up(client, "ann")
    bob_id, bob = await sign_up(client, "bob")
    body = {"kind": "direct", "members": [bob_id]}
    made = await client.post("/api/v1/conversations", json=body, headers=ann)
    return f"/api/v1/conversations/{made.json()['conversation']['id']}", ann, bob


async def test_a_message_resent_over_http_is_the_same_event(client, thread):
    path, ann, _ = thread
    message = {"client_id": "m-1", "text": "你好 👋", "reply_to": 1, "mentions": ["103"]}
    first = await client.post(f"{path}/messages", json=message, headers=ann)
    again = await client.post(f"{path}/messages", json=message, headers=ann)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    event = first.json()["event"]
    assert {"seq", "id", "kind", "sender", "text", "sent_at"} <= set(event)
    assert (event["seq"], event["kind"], event["text"]) == (2, "message", "你好 👋")


async def test_the_log_is_read_from_either_end_in_ascending_order(client, thread):
    path, ann, bob = thread
    for number in range(5):
        message = {"client_id": str(number), "text": f"text {number}"}
        await client.post(f"{path}/messages", json=message, headers=ann)

    async def seqs(query: str) -> tuple[list[int], bool]:
        page = (await client.get(f"{path}/events{query}", headers=bob)).json()
        assert page["last_seq"] == 6
        return [event["seq"] for event in page["events"]], page["more"]

    assert await seqs("?after=2&limit=2") == ([3, 4], True)
    assert await seqs("?before=4&limit=2") == ([2, 3], True)
    assert await seqs("?after=4") == ([5, 6], False)
    assert await seqs("?limit=1") == ([6], True)


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "after=-1", f"before={10**20}", "after="])
async def test_bounds_that_are_no_numbers_of_a_log_are_refused(client, thread, query):
    path, ann, _ = thread
    reply = await client.get(f"{path}/events?{query}", headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("text", "code"), [("x" * 4_097, "text_too_long"), (" ", "empty_text"), ("\x07", "bad_text")]
)
async def test_a_text_that_is_refused_leaves_nothing_behind(client, thread, text, code):
    path, ann, bob = thread
    message = {"client_id": "1", "text": text}
    reply = await client.post(f"{path}/messages", json=message, headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, code)
    assert (await client.get(f"{path}/events", headers=bob)).json()["last_seq"] == 1


async def test_fields_of_a_newer_client_are_ignored(client, thread):
    path, ann, _ = thread
    message = {"client_id": "1", "text": "hi", "sparkle": {"deep": [1, 2]}, "sender": "999"}
    reply = await client.post(f"{path}/messages", json=message, headers=ann)
    assert reply.status_code == 201
    assert reply.json()["event"]["sender"] != "999"
