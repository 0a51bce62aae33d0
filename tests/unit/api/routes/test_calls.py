from tests.support.rest_client import sign_up


async def test_ice_servers_come_with_the_time_to_ask_again(client):
    _, ann = await sign_up(client, "ann")
    reply = await client.get("/api/v1/calls/ice", headers=ann)
    assert reply.json() == {
        "ice_servers": [{"urls": ["stun:stun.example.org:3478"]}],
        "expires_at": 1_790_000_000_000,
    }
