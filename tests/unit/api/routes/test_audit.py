import pytest

from parlor.model.audit import AuditEntry
from tests.support.rest_client import bearer, sign_up
from tests.support.rest_services import KEY


@pytest.fixture
async def entries(memory):
    for n in range(5):
        await memory.audit.put(AuditEntry(0, 50 + n, "1", "group.remove", str(n % 2), "{}"))


async def page(client, query=""):
    reply = await client.get(f"/api/v1/audit{query}", headers=bearer(KEY))
    assert reply.status_code == 200
    body = reply.json()
    return [entry["id"] for entry in body["entries"]], body["more"]


async def test_the_newest_come_first_and_the_rest_in_pages(client, entries):
    assert await page(client) == ([5, 4, 3, 2, 1], False)
    assert await page(client, "?limit=2") == ([5, 4], True)
    assert await page(client, "?limit=3&before=4") == ([3, 2, 1], False)
    assert await page(client, "?subject=1") == ([4, 2], False)


async def test_a_page_is_bounded_whatever_is_asked(memory, client):
    for n in range(205):
        await memory.audit.put(AuditEntry(0, n, "1", "group.mute", "7", "{}"))
    listed, more = await page(client, "?limit=100000")
    assert (len(listed), more) == (200, True)


async def test_only_administrators_read_it(client, entries):
    _, ann = await sign_up(client, "ann")
    reply = await client.get("/api/v1/audit", headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "forbidden")
    reply = await client.get("/api/v1/audit", headers=bearer(f"{KEY}_push"))
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "forbidden")
    assert (await client.get("/api/v1/audit")).status_code == 401


@pytest.mark.parametrize("query", ["?limit=0", "?limit=-1", "?before=-1", "?before=x"])
async def test_nonsense_is_refused(client, query):
    reply = await client.get(f"/api/v1/audit{query}", headers=bearer(KEY))
    assert reply.json()["error"]["code"] == "bad_request"
