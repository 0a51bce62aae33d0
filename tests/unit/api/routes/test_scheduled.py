import pytest

from tests.support.rest_client import sign_up

LATER = {"client_id": "c", "at_ms": 1_790_000_000_000, "text": "later", "expires_in_s": 60}


@pytest.fixture
async def ann(client):
    """Headers of somebody, and a conversation of theirs."""
    _, ann = await sign_up(client, "ann")
    bob_id, _ = await sign_up(client, "bob")
    body = {"kind": "direct", "members": [bob_id]}
    made = await client.post("/api/v1/conversations", json=body, headers=ann)
    return ann, made.json()["conversation"]["id"]


async def test_a_message_is_scheduled_once_listed_and_cancelled(client, ann):
    headers, talk = ann
    wanted = LATER | {"conversation_id": talk}
    first = await client.post("/api/v1/scheduled", json=wanted, headers=headers)
    again = await client.post("/api/v1/scheduled", json=wanted, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    kept = first.json()["scheduled"]
    assert (kept["at_ms"], kept["said"]) == (
        LATER["at_ms"],
        {"text": "later", "expires_in_s": 60},
    )
    page = (await client.get("/api/v1/scheduled?limit=1", headers=headers)).json()
    assert page == {"scheduled": [kept], "cursor": ""}
    for cancelled in (True, False):
        reply = await client.post(
            "/api/v1/scheduled/cancel", json={"client_id": "c"}, headers=headers
        )
        assert reply.json() == {"cancelled": cancelled}


@pytest.mark.parametrize(
    "wrong", [{"at_ms": -1}, {"at_ms": "soon"}, {"expires_in_s": -1}, {"text": None}]
)
async def test_what_cannot_be_scheduled_is_refused(client, ann, wrong):
    headers, talk = ann
    body = LATER | {"conversation_id": talk} | wrong
    reply = await client.post("/api/v1/scheduled", json=body, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")


async def test_who_is_no_member_schedules_nothing(client, ann):
    _, talk = ann
    _, eve = await sign_up(client, "eve")
    body = LATER | {"conversation_id": talk}
    reply = await client.post("/api/v1/scheduled", json=body, headers=eve)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not_member")
