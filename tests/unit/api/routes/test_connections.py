import pytest

from parlor.ports.accounts import RevocationKind
from tests.support.rest_client import bearer
from tests.support.rest_services import KEY

URL = "/api/v1/connections/revoke"
ADMIN = bearer(f"{KEY}_admin")


@pytest.mark.parametrize(
    ("body", "revoked"),
    [
        ({"user": "ann"}, (RevocationKind.USER, "ann")),
        ({"device": "phone"}, (RevocationKind.DEVICE, "phone")),
        ({"session": "s1"}, (RevocationKind.SESSION, "s1")),
        ({"token_id": "t1"}, (RevocationKind.SESSION, "jti:t1")),
    ],
)
async def test_what_is_named_is_revoked(client, memory, body, revoked):
    reply = await client.post(URL, json=body, headers=ADMIN)
    assert (reply.status_code, reply.json()) == (200, {"refused_until": 4_600})
    assert memory.accounts.revoked == [revoked]


@pytest.mark.parametrize(
    "body", [{}, {"user": "a", "device": "b"}, {"user": ""}, {"user": "x" * 201}, {"user": "\n"}]
)
async def test_exactly_one_readable_name_is_taken(client, memory, body):
    reply = await client.post(URL, json=body, headers=ADMIN)
    assert reply.json()["error"]["code"] == "bad_request"
    assert memory.accounts.revoked == []


@pytest.mark.parametrize(("key", "status"), [(f"{KEY}_push", 403), ("nobody", 401)])
async def test_only_an_administrators_program_may(client, memory, key, status):
    reply = await client.post(URL, json={"user": "ann"}, headers=bearer(key))
    assert reply.status_code == status
    assert memory.accounts.revoked == []
