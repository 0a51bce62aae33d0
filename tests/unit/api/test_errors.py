import json

import pytest
from structlog.testing import capture_logs

from parlor.api.errors import error_headers, error_reply
from parlor.model.errors import Overloaded, ParlorError, RateLimited, registry
from tests.support.rest_client import rest_client, sign_up
from tests.support.rest_services import Memory


@pytest.mark.parametrize("error", registry().values())
def test_every_error_of_the_registry_has_the_one_shape(error):
    body = error_reply(error()).error
    assert body.code == error.code
    assert body.message == error.meaning
    assert body.retry is error.retry


def test_when_to_come_back_is_said_twice_and_never_zero():
    refused = RateLimited(retry_after_s=1.2)
    assert error_reply(refused).error.retry_after_s == 1.2
    assert error_headers(refused)["retry-after"] == "2"
    assert error_headers(Overloaded())["retry-after"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("PUT", "/api/v1/me", 405, "method_not_allowed"),
        ("BREW", "/api/v1/me", 405, "method_not_allowed"),
        ("POST", "/settings", 405, "method_not_allowed"),
        ("GET", "/api/v1/me", 401, "unauthenticated"),
        ("GET", "/nothing.js", 404, "not_found"),
        ("GET", "/ws", 404, "not_found"),
    ],
)
async def test_what_the_router_refuses_has_the_same_shape(client, method, path, status, code):
    reply = await client.request(method, path)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["error"]["code"] == code
    assert ("allow" in reply.headers) == (status == 405)
    assert ("www-authenticate" in reply.headers) == (status == 401)


class _Broken:
    async def authenticate(self, token: str, address: str) -> None:
        raise RuntimeError("the disk says: secret path")


async def test_an_unexpected_failure_is_logged_once_and_tells_nothing(memory: Memory):
    async with rest_client(memory.services(authentication=_Broken())) as client:
        with capture_logs() as logs:
            reply = await client.get("/api/v1/me", headers={"authorization": "Bearer secret-token"})
    assert reply.status_code == 500
    assert reply.json()["error"]["code"] == "internal"
    assert "secret" not in reply.text
    assert [log["event"] for log in logs] == ["request_failed"]
    assert logs[0]["route"] == "/api/v1/me"
    assert "secret-token" not in json.dumps(logs, default=str)


async def test_a_refusal_is_not_logged(memory: Memory):
    async with rest_client(memory.services()) as client:
        with capture_logs() as logs:
            await client.get("/api/v1/me")
            await sign_up(client, "ann")
    assert logs == []


async def test_a_field_that_does_not_fit_is_named(client):
    reply = await client.post("/api/v1/accounts", json={"name": 5, "password": "x"})
    assert reply.json()["error"]["message"] == "name: Expected `str`, got `int`"
    reply = await client.post("/api/v1/accounts", json={"name": "ann"})
    assert "`password`" in reply.json()["error"]["message"]


def test_no_error_class_can_be_answered_without_a_status():
    assert all(issubclass(kind, ParlorError) and kind.status >= 400 for kind in registry().values())
