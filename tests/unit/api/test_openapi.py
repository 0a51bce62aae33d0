import re

import jsonschema
import pytest

from parlor.api.settings import HttpSettings
from parlor.model.errors import registry
from tests.support.rest_client import rest_client
from tests.support.rest_document import check_document, operations
from tests.support.rest_services import Memory

# The routes that programs outside the repository rely on; they change only by adding.
PROMISED = {
    "POST /api/v1/accounts",
    "POST /api/v1/sessions",
    "POST /api/v1/sessions/refresh",
    "DELETE /api/v1/sessions/current",
    "GET /api/v1/me",
    "PATCH /api/v1/me",
    "POST /api/v1/me/password",
    "GET /api/v1/users",
    "GET /api/v1/users/{user_id}",
    "GET /api/v1/me/privacy",
    "PATCH /api/v1/me/privacy",
    "POST /api/v1/me/avatar",
    "POST /api/v1/me/presence",
    "GET /api/v1/presence",
    "POST /api/v1/uploads",
    "GET /api/v1/uploads/{upload_id}",
    "PUT /api/v1/uploads/{upload_id}",
    "DELETE /api/v1/uploads/{upload_id}",
    "POST /api/v1/files",
    "GET /api/v1/files/{file_id}",
    "GET /api/v1/files/{file_id}/thumbnail",
    "GET /api/v1/me/storage",
    "POST /api/v1/avatars",
    "GET /api/v1/avatars/{picture_id}",
    "GET /api/v1/contacts",
    "POST /api/v1/contacts",
    "PATCH /api/v1/contacts/{user_id}",
    "DELETE /api/v1/contacts/{user_id}",
    "POST /api/v1/contacts/{user_id}/decide",
    "GET /api/v1/blocks",
    "POST /api/v1/blocks",
    "POST /api/v1/conversations",
    "GET /api/v1/conversations",
    "GET /api/v1/conversations/{conversation_id}",
    "GET /api/v1/conversations/{conversation_id}/members",
    "POST /api/v1/conversations/{conversation_id}/messages",
    "GET /api/v1/conversations/{conversation_id}/events",
    "POST /api/v1/conversations/{conversation_id}/read",
    "POST /api/v1/conversations/{conversation_id}/arrange",
    "PUT /api/v1/conversations/{conversation_id}/draft",
    "PUT /api/v1/conversations/{conversation_id}/events/{seq}/star",
    "DELETE /api/v1/conversations/{conversation_id}/events/{seq}/star",
    "GET /api/v1/me/entries",
    "GET /api/v1/me/stars",
    "GET /api/v1/search/messages",
    "PUT /api/v1/me/settings/{name}",
    "POST /api/v1/sync",
    "GET /api/v1/conversations/{conversation_id}/events/at",
    "POST /api/v1/conversations/{conversation_id}/events/{seq}/edit",
    "POST /api/v1/conversations/{conversation_id}/events/{seq}/recall",
    "POST /api/v1/conversations/{conversation_id}/events/{seq}/react",
    "POST /api/v1/conversations/{conversation_id}/events/{seq}/pin",
    "GET /api/v1/conversations/{conversation_id}/events/{seq}/history",
    "GET /api/v1/conversations/{conversation_id}/events/{seq}/reactions",
    "GET /api/v1/conversations/{conversation_id}/pins",
    "POST /api/v1/conversations/{conversation_id}/forward",
    "POST /api/v1/scheduled",
    "GET /api/v1/scheduled",
    "POST /api/v1/scheduled/cancel",
    "GET /api/v1/calls/ice",
    "POST /api/v1/push",
    "POST /api/v1/connections/revoke",
    "POST /api/v1/push/batch",
    "GET /api/v1/trace/{push_id}",
    "GET /api/v1/watched",
    "PUT /api/v1/watched",
    "GET /debug/stacks",
    "GET /debug/profile",
    "GET /api/v1/keys",
    "POST /api/v1/keys",
    "DELETE /api/v1/keys/{key_id}",
    "GET /api/v1/rooms/{room}/online",
    "GET /api/v1/online/top",
    "GET /api/v1/online/total",
    "GET /api/v1/online/users/{user_id}",
    "GET /api/v1/online/devices/{device_id}",
    "POST /api/v1/conversations/{conversation_id}/members",
    "POST /api/v1/conversations/{conversation_id}/members/remove",
    "POST /api/v1/conversations/{conversation_id}/leave",
    "POST /api/v1/conversations/{conversation_id}/role",
    "POST /api/v1/conversations/{conversation_id}/transfer",
    "POST /api/v1/conversations/{conversation_id}/mute",
    "POST /api/v1/conversations/{conversation_id}/update",
    "POST /api/v1/conversations/{conversation_id}/dissolve",
    "GET /api/v1/conversations/{conversation_id}/online",
    "POST /api/v1/conversations/{conversation_id}/links",
    "GET /api/v1/conversations/{conversation_id}/links",
    "DELETE /api/v1/conversations/{conversation_id}/links/{code}",
    "GET /api/v1/conversations/{conversation_id}/requests",
    "POST /api/v1/conversations/{conversation_id}/requests/{user_id}",
    "GET /api/v1/groups/preview",
    "POST /api/v1/groups/join",
    "GET /api/v1/audit",
    "GET /api/v1/setup/{token}",
    "POST /api/v1/setup/{token}",
    "GET /api/v1/devices",
    "POST /api/v1/devices/rename",
    "POST /api/v1/devices/sign_out",
    "POST /api/v1/devices/sign_out_others",
    "POST /api/v1/delivered",
    "GET /api/v1/conversations/{conversation_id}/receipts",
    "GET /api/v1/conversations/{conversation_id}/events/{seq}/readers",
    "GET /api/v1/server",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
}


@pytest.fixture
async def document(client):
    reply = await client.get("/openapi.json")
    assert reply.status_code == 200
    return reply.json()


async def test_the_description_is_openapi_3_1(document):
    check_document(document)
    assert document["info"] == {
        "title": "Parlor",
        "version": "1.2.3",
        "description": "Chat, calls and push in one self-hosted server.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


async def test_the_description_has_every_promised_route(document):
    assert {f"{op.method} {op.path}" for op in operations(document)} == PROMISED


async def test_every_error_in_it_is_from_the_registry(document):
    known = registry()
    for op in operations(document):
        for status, reply in op.spec["responses"].items():
            if int(status) < 400 or (op.path, status) == ("/readyz", "503"):
                continue
            examples = reply["content"]["application/json"]["examples"]
            assert examples
            for code, example in examples.items():
                assert known[code].status == int(status)
                assert example == {"$ref": f"#/components/examples/{code}"}
            assert set(re.findall(r"`(\w+)`:", reply["description"])) == set(examples)
    assert set(document["components"]["examples"]) == set(known)
    refusal = document["components"]["schemas"]["Refusal"]
    assert refusal["properties"]["code"]["enum"] == sorted(known)


async def test_every_example_is_what_its_schema_says(document):
    schemas = {"components": document["components"]}
    for op in operations(document):
        contents = [reply.get("content", {}) for reply in op.spec["responses"].values()]
        contents.append(op.spec.get("requestBody", {}).get("content", {}))
        for media in (content.get("application/json") for content in contents):
            if media and "example" in media:
                jsonschema.validate(media["example"], {**media["schema"], **schemas})
    for example in document["components"]["examples"].values():
        shape = {"$ref": "#/components/schemas/ErrorReply", **schemas}
        jsonschema.validate(example["value"], shape)


async def test_every_operation_is_explained_and_shows_an_example(document):
    for op in operations(document):
        assert op.spec["summary"]
        success = [reply for status, reply in op.spec["responses"].items() if status < "300"]
        assert success
        for reply in success:
            for media in reply.get("content", {}).values():
                assert media["example"], op
        if "requestBody" in op.spec:
            for media in op.spec["requestBody"]["content"].values():
                assert media["example"], op


async def test_the_description_says_where_the_server_is(memory: Memory):
    settings = HttpSettings(public_url="https://chat.example.org/")
    async with rest_client(memory.services(), settings) as client:
        document = (await client.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "https://chat.example.org"}]


async def test_who_may_ask_is_said(document):
    paths = document["paths"]
    assert paths["/api/v1/accounts"]["post"]["security"] == []
    assert paths["/api/v1/me"]["get"]["security"] == [{"user": []}]
    assert paths["/api/v1/push"]["post"]["security"] == [{"key": ["push"]}]
    assert paths["/api/v1/keys"]["get"]["security"] == [{"user": ["admin"]}, {"key": ["admin"]}]
    assert paths["/api/v1/rooms/{room}/online"]["get"]["security"] == [
        {"user": []},
        {"key": ["push"]},
    ]


async def test_every_route_that_asks_who_you_are_refuses_a_stranger(client, document):
    guarded = [op for op in operations(document) if op.spec["security"]]
    assert len(guarded) > 10
    for op in guarded:
        reply = await client.request(op.method, op.example_path(), content=b"{")
        assert reply.status_code == 401, op
        assert "401" in op.spec["responses"]
