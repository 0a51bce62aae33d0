from tests.support.rest_client import bearer, rest_client
from tests.support.rest_services import KEY, Memory


async def test_health_is_readable_by_machines(client):
    alive = await client.get("/healthz")
    assert (alive.status_code, alive.json()) == (200, {"alive": True})
    assert (await client.head("/healthz")).status_code == 200


async def test_readiness_says_why_not(client, memory: Memory):
    starting = await client.get("/readyz")
    assert (starting.status_code, starting.json()["reasons"]) == (503, ["starting"])
    memory.readiness.on_started()
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
    memory.readiness.on_draining()
    assert (await client.get("/readyz")).json()["reasons"] == ["draining"]


async def test_metrics_are_handed_on_as_the_meter_writes_them(memory: Memory):
    async with rest_client(memory.services()) as client:
        reply = await client.get("/metrics", headers=bearer(f"{KEY}_admin"))
    assert reply.text == "parlor_up 1\n"
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
