"""Links over HTTP against a real `parlor serve`: stories, breaks, and what clients may not do."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import count
from typing import Any

import httpx
import pytest
import pytest_asyncio

from parlor.client import Connection, connect
from parlor.model.close import CloseCode
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import PushMessage
from parlor.wire.native.pushes import DeliveryPush, EventPush
from tests.support.middlebox import Middlebox, middlebox
from tests.support.people import Person, sign_up
from tests.support.rest_server import make_key, send_raw
from tests.support.server import ParlorServer, running_parlor

KINDS = ["http+sse", "http+poll"]
APP = "https://app.example.org"
NUMBERS = count()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    """For tests that change nothing but what is said."""
    async with running_parlor(tmp_path_factory.mktemp("longpoll")) as running:
        yield running


def _over(kind: str, port: int) -> str:
    return f"{kind}://127.0.0.1:{port}"


async def _say(connection: Connection, conversation: str, text: str) -> None:
    said = wire.MessageSend(conversation, client_id=text, text=text)
    await connection.request(said, wire.MessageSendResult)


async def _hear(connection: Connection, count: int) -> list[str]:
    """The texts of so many messages of others."""
    texts: list[str] = []
    while len(texts) < count:
        push = await connection.next_push(EventPush)
        assert isinstance(push.data, EventPush)
        texts.append(push.data.event.text)
    return texts


class Pusher:
    """A program with a key."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=30)

    async def push(self, user: str, body: str) -> None:
        wish = {"to": {"users": [user]}, "body": body, "kind": "must_arrive"}
        assert (await self._http.post("/api/v1/push", json=wish)).status_code == 202

    async def close(self) -> None:
        await self._http.aclose()


@asynccontextmanager
async def _pusher(server: ParlorServer) -> AsyncIterator[Pusher]:
    key = await make_key(server, f"pusher{next(NUMBERS)}", "push")
    pusher = Pusher(server.url, key)
    yield pusher
    await pusher.close()


@asynccontextmanager
async def _anna(server: ParlorServer) -> AsyncIterator[tuple[Person, httpx.AsyncClient]]:
    """Somebody signed up, and plain HTTP to the server."""
    anna = await sign_up(server.url, f"anna{next(NUMBERS)}")
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        yield anna, http
    await anna.rest.aclose()


async def _gauge(http: httpx.AsyncClient, name: str, value: int) -> str:
    """All that is measured, as soon as this is."""
    metrics = ""
    async with asyncio.timeout(30):
        while f"parlor_{name} {value}.0\n" not in metrics:
            await asyncio.sleep(0.02)
            metrics = (await http.get("/metrics")).text
    return metrics


def _hello(person: Person, **more: Any) -> dict[str, Any]:
    return {"id": 1, "method": "hello", "params": {"token": person.token, **more}}


async def _link(http: httpx.AsyncClient, person: Person) -> dict[str, str]:
    """The headers of a new link's requests."""
    answer = await http.post("/http/connect", json=_hello(person))
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['link']}"}


@pytest.mark.parametrize("kind", KINDS)
async def test_two_people_chat_both_ways_one_of_them_without_websocket(server, kind):
    async with asyncio.timeout(60):
        ada, bob = [await sign_up(server.url, f"{name}{next(NUMBERS)}") for name in ("ada", "bob")]
        conversation = await ada.talk_to(bob)
        async with (
            connect(_over(kind, server.port), ada.token) as over_http,
            connect(bob.websocket_url, bob.token) as over_websocket,
        ):
            assert over_http.welcome is not None
            for number in range(20):
                await _say(over_http, conversation, f"ada {number}")
                await _say(over_websocket, conversation, f"bob {number}")
            # What they said themselves they know by the answers.
            assert await _hear(over_http, 20) == [f"bob {number}" for number in range(20)]
            assert await _hear(over_websocket, 20) == [f"ada {number}" for number in range(20)]
        await ada.rest.aclose()
        await bob.rest.aclose()


@pytest.mark.parametrize("kind", KINDS)
async def test_breaks_in_the_middle_of_a_burst_lose_and_double_nothing(server, kind):
    bodies: list[str] = []

    def hear(message: PushMessage) -> None:
        assert isinstance(message.data, DeliveryPush)
        bodies.append(message.data.body)

    async with (
        middlebox(server.port) as box,
        _pusher(server) as pusher,
        _anna(server) as (anna, _),
        asyncio.timeout(240),
        connect(_over(kind, box.port), anna.token, on_push=hear) as connection,
    ):
        breaking = asyncio.create_task(_break_often(box, bodies))
        for number in range(300):
            await pusher.push(anna.id, str(number))
            if number % 10 == 0:
                result = await connection.request(wire.Heartbeat(), wire.HeartbeatResult)
                assert result.server_time
        while len(bodies) < 300:
            await asyncio.sleep(0.01)
        assert not breaking.done()
        breaking.cancel()
        assert bodies == [str(number) for number in range(300)]
        assert connection.closed is None


async def _break_often(box: Middlebox, bodies: list[str]) -> None:
    """At any moment, but only when something has come through since the last time: who gets
    nothing through for five tries says that the server cannot be reached."""
    while True:
        seen = len(bodies)
        while len(bodies) < seen + 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(random.uniform(0.0, 0.1))
        box.cut()


async def test_a_quiet_link_stays(tmp_path):
    flags = ["--set", "gateway.heartbeat_s=1", "--set", "longpoll.poll_s=0.4",
             "--set", "longpoll.comment_s=0.3", "--set", "longpoll.reader_gap_s=2"]  # fmt: skip
    async with (
        running_parlor(tmp_path, flags) as server,
        asyncio.timeout(60),
        _anna(server) as (anna, _),
        AsyncExitStack() as stack,
    ):
        links = [
            await stack.enter_async_context(connect(_over(kind, server.port), anna.token))
            for kind in KINDS
        ]
        await asyncio.sleep(4.5)
        assert [link.closed for link in links] == [None, None]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_stops_says_when_to_come_back(tmp_path, kind):
    async with running_parlor(tmp_path) as server, asyncio.timeout(60):
        anna = await sign_up(server.url, "anna")
        async with connect(_over(kind, server.port), anna.token) as connection:
            assert await server.stop() == 0
            await connection.wait_closed()
            assert connection.closed is not None
            assert connection.closed.code == CloseCode.DRAINING
            assert connection.closed.after_s >= 1
        await anna.rest.aclose()


async def test_of_two_readers_the_older_one_is_told_and_the_newer_one_reads(server):
    async with _anna(server) as (anna, http):
        link = await _link(http, anna)
        await _gauge(http, "http_link_readers", 0)
        older = asyncio.create_task(http.get("/http/events?poll=1&ack=1", headers=link))
        await _gauge(http, "http_link_readers", 1)
        newer = asyncio.create_task(http.get("/http/events?poll=1&ack=1", headers=link))
        refused = await older
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "reader_replaced")
        await http.post("/http/send", json={"id": 2, "method": "heartbeat"}, headers=link)
        assert (await newer).json()["messages"][0]["id"] == 2


async def test_wrong_secrets_open_nothing(server):
    async with _anna(server) as (anna, http):
        await _link(http, anna)
        for secret in (
            "Bearer",
            "Bearer x",
            f"Bearer {'A' * 32}",
            f"Bearer {anna.token}",
            "Basic x",
        ):
            wrong = {"Authorization": secret}
            for method, path in (("GET", "events"), ("POST", "send"), ("POST", "close")):
                answer = await http.request(method, f"/http/{path}", headers=wrong)
                assert answer.status_code == 404
                assert answer.json()["error"]["code"] == "no_such_link"


async def test_pages_of_other_origins_are_refused_and_named_ones_let_in(tmp_path):
    flags = ["--set", f"http.allowed_origins={APP}"]
    async with running_parlor(tmp_path, flags) as server, _anna(server) as (anna, http):
        link = await _link(http, anna)
        foreign = {"Origin": "https://evil.example"}
        hello = _hello(anna)
        for answer in (
            await http.post("/http/connect", json=hello, headers=foreign),
            await http.get("/http/events?poll=1", headers={**link, **foreign}),
            await http.post("/http/send", headers={**link, **foreign}),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
            assert "access-control-allow-origin" not in answer.headers
        named = {"Origin": APP, "Access-Control-Request-Method": "GET"}
        asked = await http.options("/http/events", headers=named)
        assert asked.status_code == 204
        assert "last-event-id" in asked.headers["access-control-allow-headers"]
        let_in = await http.post("/http/connect", json=hello, headers={"Origin": APP})
        assert let_in.headers["access-control-allow-origin"] == APP


async def test_limits_on_requests_have_one_coded_answer_each(tmp_path):
    flags = ["--set", "longpoll.max_body_bytes=2000", "--set", "longpoll.body_timeout_s=0.5",
             "--set", "gateway.max_message_bytes=1000"]  # fmt: skip
    async with running_parlor(tmp_path, flags) as server, _anna(server) as (anna, http):
        link = await _link(http, anna)

        too_big = await http.post("/http/send", content=b" " * 2001, headers=link)
        assert (too_big.status_code, too_big.json()["error"]["code"]) == (413, "too_large")
        more = {**link, "Content-Length": "10"}
        reader, writer = await send_raw(server, "POST /http/send HTTP/1.1", more, b"[")
        too_slow = await asyncio.wait_for(reader.read(), 10)
        assert too_slow.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"body_timed_out"' in too_slow
        writer.close()
        await http.post("/http/send", content=b" " * 1001, headers=link)
        bye = (await http.get("/http/events?poll=1&ack=1", headers=link)).json()["messages"][-1]
        assert bye == {"push": "bye", "data": {"code": 1009, "reason": "too_big"}}


async def test_limits_on_links_have_one_coded_answer_each(tmp_path):
    flags = ["--set", "gateway.max_connections=5", "--set", "gateway.max_connections_per_user=2"]
    async with running_parlor(tmp_path, flags) as server, _anna(server) as (anna, http):
        for _ in range(2):
            await _link(http, anna)
        answer = await http.post("/http/connect", json=_hello(anna))
        assert answer.json()["messages"][-1]["data"]["code"] == CloseCode.TOO_MANY_CONNECTIONS
        held = asyncio.create_task(http.post("/http/connect", content=b""))
        await _gauge(http, "http_links", 3)
        refused = await http.post("/http/connect", json=_hello(anna))
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
        assert int(refused.headers["retry-after"]) > 0
        (bye,) = (await held).json()["messages"]
        assert bye["data"] == {"code": 4200, "reason": "no_hello"}


async def test_a_stream_that_nobody_reads_holds_little_and_ends(tmp_path):
    flags = ["--set", "gateway.outbox_frames=16", "--set", "gateway.close_timeout_s=1"]
    async with (
        running_parlor(tmp_path, flags) as server,
        _anna(server) as (anna, http),
        _pusher(server) as pusher,
        asyncio.timeout(60),
    ):
        link = await _link(http, anna)
        with _deaf(server) as deaf:
            secret = link["Authorization"]
            deaf.sendall(f"GET /http/events HTTP/1.1\r\nAuthorization: {secret}\r\n\r\n".encode())
            for _ in range(120):
                await pusher.push(anna.id, "x" * 60_000)
            async with connect(anna.websocket_url, anna.token) as connection:
                await pusher.push(anna.id, "still here")
                body = ""
                # What waited for another device of this person comes first.
                while body != "still here":
                    push = await connection.next_push(DeliveryPush)
                    assert isinstance(push.data, DeliveryPush)
                    body = push.data.body
            metrics = await _gauge(http, "http_links", 0)
            assert (await http.get("/http/events", headers=link)).status_code == 404
            assert "parlor_http_link_bytes 0.0" in metrics
            received = await asyncio.to_thread(_all_of, deaf, b"0\r\n\r\n")
            assert b'"code":4001,"reason":"slow_reader"' in received
            assert len(received) < 131_072 + 2 * 61_000


async def test_answers_that_nobody_reads_are_cut_off(tmp_path):
    flags = ["--set", "gateway.stall_timeout_s=1", "--set", "gateway.http_head_timeout_s=1"]
    async with running_parlor(tmp_path, flags) as server:
        with _deaf(server) as deaf:
            deaf.sendall(b"GET /openapi.json HTTP/1.1\r\n\r\n" * 1000)
            await asyncio.sleep(4)
            # To its end, which is not that of the last answer.
            received = await asyncio.to_thread(_all_of, deaf, b"never")
        assert 0 < received.count(b"HTTP/1.1 200 OK") < 1000


@contextmanager
def _deaf(server: ParlorServer) -> Iterator[socket.socket]:
    """A client with little room for what it does not read."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", server.port))
    deaf.settimeout(10)
    with deaf:
        yield deaf


def _all_of(sock: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end) and (data := sock.recv(65536)):
        received += data
    return received


async def test_no_bytes_bring_the_server_down(server):
    noise = random.Random(1)
    async with _anna(server) as (anna, http):
        for _ in range(300):
            link = await _link(http, anna) if noise.random() < 0.05 else {}
            path = noise.choice(["connect", "send", "close", "events", "", "send?n=x", "send?ack="])
            body = noise.choice([b"[", b"{", b"[[", b'{"id":1,"method":"hello"}', b""])
            body += noise.randbytes(noise.randrange(40))
            method = "POST" if noise.random() < 0.9 else "PUT"
            if path == "connect" and body.strip() in (b"", b"[]"):
                continue
            answer = await http.request(method, f"/http/{path}", content=body, headers=link)
            assert answer.status_code < 500
        assert (await http.get("/healthz")).status_code == 200
        assert "Traceback" not in server.log()


async def test_an_operator_may_do_without(tmp_path):
    flags = ["--set", "longpoll.enabled=false"]
    async with (
        running_parlor(tmp_path, flags) as server,
        httpx.AsyncClient(base_url=server.url) as http,
    ):
        assert (await http.post("/http/connect", json={})).status_code == 405
