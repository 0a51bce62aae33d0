"""M37: the client's own address, from trusted proxies and from nobody else, in a real server."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import jwt
import msgspec
import pytest
import pytest_asyncio

from parlor.model.close import CloseCode
from parlor.wire.native.codec import MSGPACK
from parlor.wire.native.framing import build_framed
from parlor.wire.native.methods import Hello
from tests.support.goim_client import UPGRADE, packet
from tests.support.people import PASSWORD, Person, sign_up
from tests.support.ports import free_port
from tests.support.raw_websocket import RawWebSocket, upgrade_request
from tests.support.rest_client import bearer
from tests.support.rest_server import make_key
from tests.support.server import ParlorServer, running_parlor

LIMIT_S = 60.0
CLIENTS = ("203.0.113.1", "203.0.113.2", "2001:db8::3")
LOCALHOST_CHAIN = "X-Forwarded-For: 127.0.0.1, {}"
SECRET = "only the tests and their server know this one"
# Without a token only this machine itself may log in at goim's door.
TOKEN = jwt.encode({"sub": "1", "aud": "push", "exp": int(time.time()) + 3_600}, SECRET, "HS256")
LOGIN = packet(7, json.dumps({"mid": 1, "token": TOKEN, "room_id": "live://1"}).encode())
LOGIN_FRAME = b"\x82\xfe" + len(LOGIN).to_bytes(2) + bytes(4) + LOGIN


class Proxied:
    """A server whose clients come from loopback, which it trusts or not, with goim's door."""

    def __init__(self, server: ParlorServer, ports: dict[str, int], key: str) -> None:
        self.server = server
        self.key = key
        self.ports = {"web": server.port, **ports}

    async def connect(self, port: str, first: bytes) -> RawWebSocket:
        client = RawWebSocket(*await asyncio.open_connection("127.0.0.1", self.ports[port]))
        client.raw(first)
        return client

    async def counts(self) -> tuple[int, int]:
        """(connections, different addresses) of all who have said who they are."""
        async with httpx.AsyncClient() as anybody:
            url = f"http://127.0.0.1:{self.ports['http']}/goim/online/total"
            data = (await anybody.get(url, headers=bearer(self.key))).json()["data"]
        return data["conn_count"], data["ip_count"]

    async def wait_counts(self, connections: int, addresses: int) -> None:
        """Until it is so many: those of tests before may still be on their way out."""
        while await self.counts() != (connections, addresses):
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def proxied(
    folder: Path, *settings: str, trusted: Sequence[str] = ("127.0.0.0/8",), mode: str = "optional"
) -> AsyncIterator[Proxied]:
    ports = {name: free_port() for name in ("tcp", "ws", "http")}
    flags = ["--door", "goim"]
    chosen = [
        f"auth.jwt.secret={SECRET}",
        "auth.jwt.audience=push",
        f"doors.goim.proxy_protocol={mode if trusted else 'off'}",
        f"listen.proxy_protocol={mode if trusted else 'off'}",
        *([f"listen.trusted_proxies={','.join(trusted)}"] if trusted else ()),
        *(f"doors.goim.{name}_port={port}" for name, port in ports.items()),
        *settings,
    ]
    for setting in chosen:
        flags += ["--set", setting]
    async with running_parlor(folder, flags) as server:
        yield Proxied(server, ports, await make_key(server, "counts", "push"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxied]:
    """For tests that change nothing, and leave nobody there."""
    async with proxied(tmp_path_factory.mktemp("optional")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxied]:
    """As `house`; every connection must say whose it is."""
    async with proxied(tmp_path_factory.mktemp("required"), mode="required") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lone_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxied]:
    """As `house`, but it trusts no proxy."""
    async with proxied(tmp_path_factory.mktemp("nobody"), trusted=[]) as running:
        yield running


def v1(address: str) -> bytes:
    family, here = ("TCP6", "::1") if ":" in address else ("TCP4", "127.0.0.1")
    return f"PROXY {family} {address} {here} 4711 80\r\n".encode()


def v2(address: str) -> bytes:
    packed = ipaddress.ip_address(address).packed
    kind = b"\x21" if len(packed) == 16 else b"\x11"
    payload = packed + bytes(len(packed)) + b"\x12\x34\x00\x50" + b"\x04\x00\x01x"
    return b"\r\n\r\n\x00\r\nQUIT\n\x21" + kind + len(payload).to_bytes(2) + payload


def hello(person: Person) -> str:
    return json.dumps({"id": 1, "method": "hello", "params": {"token": person.token}})


async def greeted(house: Proxied, person: Person, first: bytes) -> RawWebSocket:
    client = await house.connect("web", first)
    assert " 101 " in await client.head()
    client.text(hello(person))
    assert '"result"' in str(await client.event())
    return client


FIELDS = [
    LOCALHOST_CHAIN,
    "X-Real-IP: {}",
    'Forwarded: for=127.0.0.1, for="{}"',
]


@pytest.mark.parametrize("field", FIELDS)
async def test_a_websocket_behind_a_trusted_proxy_counts_as_its_client(house: Proxied, field):
    async with asyncio.timeout(LIMIT_S):
        ann = await sign_up(house.server.url, f"ann{FIELDS.index(field)}")
        clients = []
        for address in CLIENTS:
            named = f"[{address}]" if ":" in address and "Forwarded: " in field else address
            extra = [field.format(named)]
            # The second one is nothing for the quick way in and goes through uvicorn's parser.
            clients += [
                await greeted(house, ann, upgrade_request(extra=extra)),
                await greeted(house, ann, upgrade_request(extra=[*extra, "TE: trailers"])),
            ]
        await house.wait_counts(6, 3)
        for client in clients:
            await client.close()
        await ann.rest.aclose()


async def test_nobody_else_can_name_an_address(lone_house: Proxied):
    house = lone_house
    async with asyncio.timeout(LIMIT_S):
        ann = await sign_up(house.server.url, "ann")
        clients = [
            await greeted(house, ann, upgrade_request(extra=[field.format(address)]))
            for field, address in zip(FIELDS, CLIENTS, strict=True)
        ]
        await house.wait_counts(3, 1)
        for header in (v1(CLIENTS[0]), v2(CLIENTS[0])):
            for port in house.ports:
                client = await house.connect(port, header + b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                assert not (await _rest(client)).startswith((b"HTTP/1.1 200", b"HTTP/1.1 101"))
        for client in clients:
            await client.close()
        await ann.rest.aclose()


@pytest.mark.parametrize("header", [v1, v2])
async def test_a_proxy_header_names_the_client_on_every_listener(strict_house: Proxied, header):
    house = strict_house
    async with asyncio.timeout(LIMIT_S):
        # Everything that follows must come with a header, REST included.
        async with proxied_rest(house, CLIENTS[0]) as rest:
            account = {"name": f"ann.{header.__name__}", "password": PASSWORD}
            made = await rest.post("/api/v1/accounts", account)
        token = made["token"]
        websocket = await house.connect("web", header(CLIENTS[0]) + upgrade_request())
        assert " 101 " in await websocket.head()
        websocket.text(json.dumps({"id": 1, "method": "hello", "params": {"token": token}}))
        assert '"result"' in str(await websocket.event())
        first = build_framed(MSGPACK.build_request(1, "hello", Hello(token=token)))
        native = await house.connect("web", header(CLIENTS[1]) + first)
        await native.reader.readexactly(4)
        goim = await house.connect("tcp", header(CLIENTS[2]) + LOGIN)
        assert len(await goim.reader.readexactly(16)) == 16
        upgrade = UPGRADE.format(path="/sub", more="").encode()
        goim_websocket = await house.connect("ws", header("203.0.113.4") + upgrade)
        await goim_websocket.head()
        goim_websocket.raw(LOGIN_FRAME)
        await goim_websocket.reader.readexactly(18)
        ask = (
            b"GET /goim/online/total HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            b"authorization: Bearer " + house.key.encode() + b"\r\n\r\n"
        )
        # Those of the tests before are on their way out.
        counted = b""
        while b'"ip_count":4,"conn_count":4' not in counted:
            counted = await _rest(await house.connect("http", header("203.0.113.5") + ask))
        for port in house.ports:
            silent = await house.connect(port, ask)
            assert await _rest(silent) == b""
        for client in (websocket, native, goim, goim_websocket):
            await client.close()


@contextlib.asynccontextmanager
async def proxied_rest(house: Proxied, address: str):
    """One kept-alive HTTP connection that begins with a PROXY header."""
    client = await house.connect("web", v1(address))

    class Rest:
        async def post(self, path: str, body: object) -> dict[str, str]:
            raw = json.dumps(body).encode()
            client.raw(
                f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                f"content-length: {len(raw)}\r\n\r\n".encode()
                + raw
            )
            head = await client.head()
            length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
            answer: dict[str, str] = json.loads(await client.reader.readexactly(length))
            return answer

    yield Rest()
    await client.close()


async def test_goims_websocket_takes_the_fields_of_a_trusted_proxy_too(house: Proxied):
    async with asyncio.timeout(LIMIT_S):
        clients = []
        for field, address in zip(FIELDS, CLIENTS[:1] * 2 + CLIENTS[1:2], strict=True):
            upgrade = UPGRADE.format(path="/sub", more=field.format(address) + "\r\n")
            client = await house.connect("ws", upgrade.encode())
            await client.head()
            client.raw(LOGIN_FRAME)
            await client.reader.readexactly(18)
            clients.append(client)
        # Three logins from two addresses.
        await house.wait_counts(3, 2)
        for client in clients:
            await client.close()


async def test_each_clients_rest_requests_are_limited_apart(tmp_path):
    settings = ("http.address_request_burst=3", "http.address_requests_per_second=0.01")
    async with (
        proxied(tmp_path, *settings) as house,
        asyncio.timeout(LIMIT_S),
        httpx.AsyncClient(base_url=house.server.url) as proxy,
    ):
        statuses = {}
        for address in CLIENTS[:2]:
            headers = {"X-Forwarded-For": f"127.0.0.1, {address}"}
            statuses[address] = [
                (await proxy.get("/api/v1/server", headers=headers)).status_code for _ in range(5)
            ]
        assert statuses == {key: [200, 200, 200, 429, 429] for key in CLIENTS[:2]}


async def test_failed_sign_ins_lock_out_the_client_and_not_the_proxy(tmp_path):
    settings = ("accounts.free_failures_per_address=3", "accounts.first_wait_s=60")
    async with (
        proxied(tmp_path, *settings) as house,
        asyncio.timeout(LIMIT_S),
        httpx.AsyncClient(base_url=house.server.url) as proxy,
    ):

        async def attempt(address: str, name: str) -> int:
            headers = {"X-Forwarded-For": address}
            body = {"name": name, "password": "not the right one"}
            return (await proxy.post("/api/v1/sessions", json=body, headers=headers)).status_code

        tried = [await attempt(CLIENTS[0], f"nobody{number}") for number in range(4)]
        assert tried == [401, 401, 401, 429]
        assert await attempt(CLIENTS[1], "nobody9") == 401


async def test_metrics_are_for_this_machine_and_a_proxy_on_it_is_somebody_else(house: Proxied):
    async with (
        asyncio.timeout(LIMIT_S),
        httpx.AsyncClient(base_url=house.server.url) as proxy,
    ):
        for field, status in [
            ({}, 200),
            ({"X-Forwarded-For": "203.0.113.1"}, 401),
            ({"X-Forwarded-For": "127.0.0.1, 203.0.113.1"}, 401),
            ({"X-Real-IP": "203.0.113.1"}, 401),
            ({"Forwarded": "for=_hidden"}, 401),
            ({"X-Forwarded-For": "unknown"}, 401),
            ({"X-Forwarded-For": "127.0.0.1"}, 200),
        ]:
            assert (await proxy.get("/metrics", headers=field)).status_code == status, field


async def test_fields_of_a_proxy_that_nobody_trusts_take_the_right_of_this_machine_away(
    lone_house: Proxied,
):
    async with (
        asyncio.timeout(LIMIT_S),
        httpx.AsyncClient(base_url=lone_house.server.url) as proxy,
    ):
        for field in ("X-Forwarded-For", "X-Real-IP"):
            answer = await proxy.get("/metrics", headers={field: "127.0.0.1"})
            assert answer.status_code == 401


async def test_fields_that_contradict_each_other_are_refused(house: Proxied):
    async with (
        asyncio.timeout(LIMIT_S),
        httpx.AsyncClient(base_url=house.server.url) as proxy,
    ):
        forged = {"X-Real-IP": "203.0.113.1", "X-Forwarded-For": "127.0.0.1"}
        for path in ("/api/v1/server", "/metrics", "/"):
            answer = await proxy.get(path, headers=forged)
            assert (answer.status_code, "contradict" in answer.text) == (400, True)
        extra = [f"{name}: {value}" for name, value in forged.items()]
        client = await house.connect("web", upgrade_request(extra=extra))
        assert " 400 " in await client.head()
        await client.close()


async def test_http_connections_count_toward_the_total(tmp_path):
    async with proxied(tmp_path, "gateway.max_connections=3") as house, asyncio.timeout(LIMIT_S):
        ask = b"GET /api/v1/server HTTP/1.1\r\nhost: x\r\n\r\n"
        kept = [await house.connect("web", ask) for _ in range(3)]
        for client in kept:
            assert " 200 " in await client.head()
        refused = await house.connect("web", ask)
        head, _, body = (await _rest(refused)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in head
        error = msgspec.json.decode(body)["error"]
        assert (error["code"], error["retry"]) == ("overloaded", True)
        websocket = await house.connect("web", upgrade_request())
        assert " 101 " in await websocket.head()
        assert await websocket.close_code() == CloseCode.OVERLOADED
        goim = await house.connect("http", ask)
        assert (await _rest(goim)).startswith(b"HTTP/1.1 503 ")
        await kept.pop().close()
        # As soon as the server has seen that one go.
        while " 200 " not in await (again := await house.connect("web", ask)).head():
            await again.close()
        for client in (*kept, again):
            await client.close()


async def test_http_connections_count_toward_their_clients_share(tmp_path):
    async with (
        proxied(tmp_path, "gateway.max_connections_per_address=2") as house,
        asyncio.timeout(LIMIT_S),
    ):
        ask = b"GET /api/v1/server HTTP/1.1\r\nhost: x\r\n\r\n"
        kept = [await house.connect("web", v1(CLIENTS[0]) + ask) for _ in range(2)]
        for client in kept:
            assert " 200 " in await client.head()
        refused = await house.connect("web", v2(CLIENTS[0]) + ask)
        head, _, body = (await _rest(refused)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ")
        assert msgspec.json.decode(body)["error"]["code"] == "address_full"
        websocket = await house.connect("web", v1(CLIENTS[0]) + upgrade_request())
        assert " 101 " in await websocket.head()
        assert await websocket.close_code() == CloseCode.ADDRESS_FULL
        other = await house.connect("web", v1(CLIENTS[1]) + ask)
        assert " 200 " in await other.head()
        for client in (*kept, other):
            await client.close()


async def test_a_proxys_own_connections_are_not_its_clients_share(tmp_path):
    settings = ("gateway.max_connections_per_address=2", "limits.loopback=true")
    async with proxied(tmp_path, *settings) as house, asyncio.timeout(LIMIT_S):
        ask = "GET /api/v1/server HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {}\r\n\r\n"
        kept = [await house.connect("web", ask.format(CLIENTS[0]).encode()) for _ in range(4)]
        for client in kept:
            assert " 200 " in await client.head()
        for client in kept:
            await client.close()


async def test_half_a_proxy_header_is_cut_off_in_time(tmp_path):
    settings = ("gateway.first_byte_timeout_s=0.5",)
    async with proxied(tmp_path, *settings, mode="required") as house, asyncio.timeout(LIMIT_S):
        for port in house.ports:
            for start in (v1(CLIENTS[0])[:9], v2(CLIENTS[0])[:20], b""):
                client = await house.connect(port, start)
                assert await _rest(client) == b""


async def _rest(client: RawWebSocket) -> bytes:
    """Everything until the server closes."""
    parts = b""
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(10):
            while part := await client.reader.read(65_536):
                parts += part
    client.writer.close()
    return parts
