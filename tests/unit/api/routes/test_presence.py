from tests.support.rest_client import sign_up


async def test_a_status_is_chosen_and_others_look(client):
    ann_id, ann = await sign_up(client, "ann")
    bob_id, bob = await sign_up(client, "bob")
    chosen = await client.post(
        "/api/v1/me/presence", json={"state": "busy", "text": "tea"}, headers=ann
    )
    assert chosen.json() == {"status": {"state": "busy", "text": "tea"}}
    looked = await client.get(
        "/api/v1/presence", params={"users": f"{bob_id},{ann_id}"}, headers=bob
    )
    # Nobody has a connection here, so a chosen state is not shown.
    assert [(one["user_id"], one["state"]) for one in looked.json()["users"]] == [
        (bob_id, "offline"),
        (ann_id, "offline"),
    ]


async def test_a_state_that_there_is_not_is_refused(client):
    _, ann = await sign_up(client, "ann")
    for state in ("offline", "sleeping", 5):
        refused = await client.post("/api/v1/me/presence", json={"state": state}, headers=ann)
        assert refused.status_code == 400
    many = ",".join(str(number) for number in range(1, 202))
    refused = await client.get("/api/v1/presence", params={"users": many}, headers=ann)
    assert refused.status_code == 400
