"""A device that reads its mail by hand, so that a test decides what is acknowledged and when."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.people import PASSWORD
from tests.support.rest_client import bearer
from tests.support.rest_server import make_key
from tests.support.server import ParlorServer

QUIET_S = 0.3
LIMIT_S = 20.0


class Device:
    """One greeted connection. Acknowledges only what `ack` is told."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._held: list[dict[str, Any]] = []
        self.welcome: dict[str, Any] = {}

    async def hello(self, token: str) -> None:
        await self._ask("hello", token=token)
        self.welcome = (await self._next())["result"]

    async def ack(self, upto: int) -> None:
        """Returns once the server has it."""
        number = await self._ask("mail.ack", upto=upto)
        while (message := json.loads(await self._receive())).get("id") != number:
            self._held.append(message)
        assert "result" in message

    async def get(self, count: int) -> list[dict[str, Any]]:
        """The next `count` deliveries."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            message = await self._next()
            if message.get("push") == "delivery":
                found.append(message["data"])
        return found

    async def get_quiet(self, quiet_s: float = QUIET_S) -> list[dict[str, Any]]:
        """Every delivery until none came for a while."""
        found: list[dict[str, Any]] = []
        try:
            while True:
                async with asyncio.timeout(quiet_s):
                    found += await self.get(1)
        except TimeoutError:
            return found

    async def get_all(self) -> list[dict[str, Any]]:
        """Every delivery until none came for a while, acknowledged as they come."""
        found: list[dict[str, Any]] = []
        while some := await self.get_quiet(0.03) or await self.get_quiet():
            found += some
            await self.ack(some[-1]["mail"])
        return found

    async def _ask(self, method: str, **params: Any) -> int:
        number = next(self._ids)
        request = {"id": number, "method": method, "params": params}
        await self._socket.send(json.dumps(request))
        return number

    async def _next(self) -> dict[str, Any]:
        if self._held:
            return self._held.pop(0)
        message: dict[str, Any] = json.loads(await self._receive())
        return message

    async def _receive(self) -> str:
        async with asyncio.timeout(LIMIT_S):
            return str(await self._socket.recv())


class Customer:
    """A user with as many devices as wanted, and a program that pushes to them."""

    def __init__(self, server: ParlorServer, http: httpx.AsyncClient, name: str) -> None:
        self.server = server
        self.http = http
        self.name = name
        self.id = ""
        self._tokens: dict[str, str] = {}

    async def sign_up(self) -> None:
        body = {"name": self.name, "password": PASSWORD, "device": "first"}
        made = (await self.http.post("/api/v1/accounts", json=body)).json()
        self.id = made["user"]["id"]
        self._tokens["first"] = made["token"]

    async def token(self, device: str) -> str:
        if device not in self._tokens:
            body = {"name": self.name, "password": PASSWORD, "device": device}
            self._tokens[device] = (await self.http.post("/api/v1/sessions", json=body)).json()[
                "token"
            ]
        return self._tokens[device]

    @asynccontextmanager
    async def on(self, device: str, **options: Any) -> AsyncIterator[Device]:
        token = await self.token(device)
        url = f"ws://127.0.0.1:{self.server.port}/ws"
        async with connect(
            url,
            subprotocols=[Subprotocol("parlor.v1.json")],
            compression=None,
            max_size=1 << 24,
            close_timeout=0.2,
            **options,
        ) as socket:
            connection = Device(socket)
            await connection.hello(token)
            yield connection

    async def meet(self, *devices: str) -> None:
        """Have each of these devices say hello once, so that it is known."""
        for device in devices:
            async with self.on(device):
                pass


class Program:
    """Pushes with an API key."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self._http = http
        self._headers = bearer(key)

    async def push(self, to: dict[str, Any], body: str, **more: Any) -> httpx.Response:
        return await self._http.post(
            "/api/v1/push",
            json={"to": to, "body": body, "kind": "must_arrive", **more},
            headers=self._headers,
        )

    async def must_push(self, to: dict[str, Any], body: str, **more: Any) -> str:
        """The push id."""
        answer = await self.push(to, body, **more)
        assert answer.status_code == 202, answer.text
        push_id: str = answer.json()["push_id"]
        return push_id


async def a_program(server: ParlorServer, http: httpx.AsyncClient, name: str = "shop") -> Program:
    return Program(http, await make_key(server, name, "push"))


async def a_customer(server: ParlorServer, http: httpx.AsyncClient, name: str) -> Customer:
    customer = Customer(server, http, name)
    await customer.sign_up()
    return customer
