import pytest

from parlor.model.device import Platform
from tests.support.rest_client import sign_up

WORDS = {"name": "ann", "password": "a long passphrase"}


async def test_signing_in_may_say_what_the_device_is(client, memory):
    body = {**WORDS, "platform": "ios", "label": "Ann's phone"}
    agent = {"user-agent": "ParlorApp/1.0"}
    made = await client.post("/api/v1/accounts", json=body, headers=agent)
    back = {"refresh_token": made.json()["refresh_token"], "platform": "bot"}
    await client.post("/api/v1/sessions/refresh", json=back, headers=agent)
    await client.post("/api/v1/sessions", json=WORDS, headers=agent)
    said = [(one.platform, one.label, one.user_agent) for one in memory.accounts.appearances]
    assert said == [
        (Platform.IOS, "Ann's phone", "ParlorApp/1.0"),
        (Platform.BOT, "", "ParlorApp/1.0"),
        (None, "", "ParlorApp/1.0"),
    ]


async def test_a_platform_nobody_knows_is_refused(client):
    for path in ("/accounts", "/sessions"):
        reply = await client.post(f"/api/v1{path}", json={**WORDS, "platform": "fridge"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")


async def test_ones_devices_are_listed_renamed_and_signed_out(client, memory):
    _, ann = await sign_up(client, "ann")
    body = {"device": "tablet", "label": "Kitchen"}
    renamed = await client.post("/api/v1/devices/rename", json=body, headers=ann)
    assert (renamed.status_code, renamed.json()) == (200, {"label": "Kitchen"})
    listed = (await client.get("/api/v1/devices", headers=ann)).json()["devices"]
    assert [(one["label"], one["current"]) for one in listed] == [("", True), ("Kitchen", False)]
    assert "session" not in listed[0]
    out = await client.post("/api/v1/devices/sign_out", json={"device": "tablet"}, headers=ann)
    assert (out.status_code, out.content) == (204, b"")
    assert memory.devices.ended == ["tablet"]


async def test_all_others_are_signed_out_by_one_request(client):
    _, ann = await sign_up(client, "ann")
    reply = await client.post("/api/v1/devices/sign_out_others", headers=ann)
    assert (reply.status_code, reply.json()) == (200, {"ended": 1})


@pytest.mark.parametrize("act", ["rename", "sign_out"])
async def test_a_device_that_is_not_there_is_not_found(client, act):
    _, ann = await sign_up(client, "ann")
    body = {"device": "a/b ü", "label": "x"}
    reply = await client.post(f"/api/v1/devices/{act}", json=body, headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")
