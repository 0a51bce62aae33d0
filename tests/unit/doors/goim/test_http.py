from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from parlor.doors.goim.http import GoimHttp, Message
from parlor.doors.goim.parameters import Parameters
from parlor.doors.goim.routes import Data, Route
from parlor.model.account import Scope
from parlor.model.errors import Overloaded
from tests.support.goim_fakes import Counts, KnownKeys

KEYS = KnownKeys({"plk_push": frozenset({Scope.PUSH}), "plk_im": frozenset({Scope.IM})})


class NoonInLondon:
    def now(self) -> float:
        return 0.0

    def unix_ms(self) -> int:
        return 1_000_000_000_000


class Client:
    """Calls the application once; `parts` of the body arrive one by one, then nothing more."""

    def __init__(self, app: GoimHttp) -> None:
        self.app = app
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.text = b""

    async def ask(
        self,
        method: str,
        path: str,
        query: str = "",
        *parts: bytes,
        key: str = "plk_push",
        ends: bool = True,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> Any:
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        waiting: list[Message] = [
            {"type": "http.request", "body": part, "more_body": True} for part in parts
        ]
        if ends:
            waiting.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive() -> Message:
            if waiting:
                return waiting.pop(0)
            return await never

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status, self.headers = message["status"], dict(message["headers"])
            else:
                self.text += message["body"]

        bearer = ((b"authorization", b"Bearer " + key.encode()),) if key else ()
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [*headers, *bearer],
        }
        await self.app(scope, receive, send)
        return msgspec.json.decode(self.text) if self.text else None


async def _echo(query: Parameters, body: bytes) -> Data:
    query.required_int32("operation")
    return {"size": len(body)}


async def _nothing(_: Parameters, __: bytes) -> Data:
    return None


async def _empty(_: Parameters, __: bytes) -> Data:
    return []


async def _full(_: Parameters, __: bytes) -> Data:
    raise Overloaded


def _app(*, closed: bool = True, body_timeout_s: float = 5.0) -> GoimHttp:
    table = {
        "/echo": Route("POST", _echo),
        "/nothing": Route("GET", _nothing),
        "/public": Route("GET", _nothing, public=True),
        "/empty": Route("GET", _empty),
        "/full": Route("POST", _full),
        "/full400": Route("POST", _full, failed_code=-400),
    }
    return GoimHttp(
        table,
        KEYS if closed else None,
        NoonInLondon(),
        Counts(),
        max_body_bytes=1000,
        body_timeout_s=body_timeout_s,
    )


@pytest.fixture
def client() -> Client:
    return Client(_app())


async def test_message_is_always_there_and_data_only_when_there_is_some(client: Client):
    await client.ask("GET", "/nothing")
    assert client.text == b'{"code":0,"message":""}'
    assert client.status == 200
    assert client.headers == {
        b"content-type": b"application/json; charset=utf-8",
        b"content-length": b"23",
        b"date": b"Sun, 09 Sep 2001 01:46:40 GMT",
    }


async def test_an_empty_list_is_data(client: Client):
    await client.ask("GET", "/empty")
    assert client.text == b'{"code":0,"message":"","data":[]}'


async def test_the_body_is_whatever_came_in_whatever_pieces(client: Client):
    answer = await client.ask("POST", "/echo", "operation=1", b"\x00\xff" * 200, b"", b"\n" * 600)
    assert answer == {"code": 0, "message": "", "data": {"size": 1000}}


async def test_a_parameter_error_is_400_with_goims_code_and_a_message(client: Client):
    answer = await client.ask("POST", "/echo", "", b"x")
    assert client.status == 400
    assert answer == {"code": -400, "message": "operation is required and may not be 0"}


async def test_a_push_that_was_not_taken_has_goims_code(client: Client):
    answer = await client.ask("POST", "/full")
    assert (client.status, answer["code"]) == (200, -500)
    assert answer["message"]
    other = Client(_app())
    assert await other.ask("POST", "/full400") == {"code": -400, "message": ""}


@pytest.mark.parametrize(("key", "status"), [("", 401), ("plk_none", 401), ("plk_im", 403)])
async def test_without_a_key_that_may_push_nothing_happens(client: Client, key: str, status: int):
    answer = await client.ask("POST", "/echo", "operation=1", b"x", key=key)
    assert (client.status, answer["code"]) == (status, -status)
    assert answer["message"]


async def test_the_key_is_not_taken_from_another_scheme(client: Client):
    basic = ((b"authorization", b"Basic plk_push"),)
    await client.ask("GET", "/nothing", key="", headers=basic)
    assert client.status == 401


async def test_open_mode_and_public_routes_need_no_key(client: Client):
    assert await client.ask("GET", "/public", key="") == {"code": 0, "message": ""}
    anybody = Client(_app(closed=False))
    assert await anybody.ask("GET", "/nothing", key="") == {"code": 0, "message": ""}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/echo", 405), ("PUT", "/echo", 405), ("POST", "/nothing", 405), ("GET", "/", 404)],
)
async def test_routes_take_one_method_and_others_do_not_exist(
    client: Client, method: str, path: str, status: int
):
    answer = await client.ask(method, path, "operation=1")
    assert (client.status, answer["code"]) == (status, -status)


async def test_a_body_over_the_limit_is_refused_before_it_is_whole(client: Client):
    await client.ask("POST", "/echo", "operation=1", b"x" * 1001, ends=False)
    assert client.status == 413
    announced = Client(_app())
    length = ((b"content-length", b"1001"),)
    await announced.ask("POST", "/echo", "operation=1", ends=False, headers=length)
    assert announced.status == 413
    assert announced.headers[b"connection"] == b"close"


async def test_a_body_that_never_ends_is_given_up():
    client = Client(_app(body_timeout_s=0.001))
    answer = await client.ask("POST", "/echo", "operation=1", b"x", ends=False)
    assert (client.status, answer["code"]) == (408, -408)
