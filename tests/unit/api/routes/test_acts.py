import pytest

from tests.support.rest_client import sign_up


@pytest.fixture
async def thread(client):
    """The address of ann's and bob's conversation, its id, and who they are."""
    _, ann = await sign_up(client, "ann")
    bob_id, bob = await sign_up(client, "bob")
    body = {"kind": "direct", "members": [bob_id]}
    made = await client.post("/api/v1/conversations", json=body, headers=ann)
    talk = made.json()["conversation"]["id"]
    return f"/api/v1/conversations/{talk}", talk, ann, bob


ACTS = [
    ("edit", {"client_id": "c", "text": "better", "mentions": ["103"]}, "edit"),
    ("recall", {"client_id": "c"}, "recall"),
    ("react", {"client_id": "c", "emoji": "👍"}, "reaction"),
    ("pin", {"client_id": "c"}, "pin"),
]


@pytest.mark.parametrize(("name", "body", "kind"), ACTS)
async def test_an_act_is_new_once(client, thread, name, body, kind):
    path, _, ann, _ = thread
    first = await client.post(f"{path}/events/7/{name}", json=body, headers=ann)
    again = await client.post(f"{path}/events/7/{name}", json=body, headers=ann)
    assert (first.status_code, again.status_code) == (201, 200)
    event = first.json()["event"]
    assert (event["kind"], event["target"], first.json()["created"]) == (kind, 7, True)
    assert again.json() == {"event": event, "created": False}


async def test_what_is_so_already_is_no_event(client, thread):
    path, _, ann, _ = thread
    body = {"client_id": "c", "off": True}
    reply = await client.post(f"{path}/events/7/pin", json=body, headers=ann)
    assert (reply.status_code, reply.json()) == (200, {"event": None, "created": False})


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("edit", {"client_id": "c", "text": " "}, "empty_text"),
        ("edit", {"client_id": "c"}, "bad_request"),
        ("edit", {"client_id": "c", "text": 5}, "bad_request"),
        ("react", {"client_id": "c", "emoji": "ok"}, "bad_emoji"),
        ("react", {"client_id": "c"}, "bad_request"),
        ("pin", {"client_id": "c", "off": "yes"}, "bad_request"),
        ("recall", {}, "bad_request"),
        ("recall", [], "bad_request"),
    ],
)
async def test_what_is_no_act_is_refused(client, thread, name, body, code):
    path, _, ann, _ = thread
    reply = await client.post(f"{path}/events/7/{name}", json=body, headers=ann)
    assert reply.json()["error"]["code"] == code


async def test_the_state_of_a_message_comes_with_its_page(client, thread):
    path, _, ann, bob = thread
    message = {"client_id": "m", "text": "helo", "silent": True, "mentions_all": True}
    sent = await client.post(f"{path}/messages", json=message, headers=ann)
    event = sent.json()["event"]
    assert (event["silent"], event["mentions_all"]) == (True, True)
    body = {"client_id": "e", "text": "hello"}
    await client.post(f"{path}/events/{event['seq']}/edit", json=body, headers=ann)
    page = (await client.get(f"{path}/events", headers=bob)).json()
    (state,) = page["states"]
    assert (state["seq"], state["text"]) == (event["seq"], "hello")


async def test_messages_are_forwarded_and_each_conversation_answers(client, thread):
    path, talk, ann, _ = thread
    body = {"client_id": "f", "seqs": [7], "to": [talk, "404"], "merged": True, "text": "Look"}
    reply = await client.post(f"{path}/forward", json=body, headers=ann)
    done, refused = reply.json()["forwarded"]
    assert (done["events"][0]["text"], done.get("refused", "")) == ("Look", "")
    assert (refused["events"], refused["refused"]) == ([], "not_found")
