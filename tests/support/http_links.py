"""Links over HTTP without sockets: ASGI requests of the test's own, on a hand-moved clock."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import msgspec

from parlor.gateway.longpoll.app import HttpLinks
from parlor.gateway.longpoll.connection import HttpLink
from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.outbox import Frame
from parlor.model.errors import ParlorError
from parlor.model.push import Delivery
from tests.support.native_connection import NativeHouse, settle

_EVENT = re.compile(rb"id: (\d+)\n((?:data: [^\n]*\n)+)\n")


class Exchange:
    """One request and what came back, like uvicorn: after `leave` nothing more is received."""

    def __init__(self, links: HttpLinks, scope: dict[str, Any], body: bytes) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.is_complete = False
        self.error: ParlorError | None = None
        self.is_held = False
        """Set: what is sent waits, as behind a client that does not read."""
        self._body = body
        self._has_left = asyncio.Event()
        self._unheld = asyncio.Event()
        self.task = asyncio.create_task(self._run(links, scope))

    async def _run(self, links: HttpLinks, scope: dict[str, Any]) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": self._body, "more_body": False}
            await self._has_left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if self.is_held:
                await self._unheld.wait()
            if self._has_left.is_set():
                return
            if message["type"] == "http.response.start":
                assert not self.status
                self.status = message["status"]
                self.headers = dict(message["headers"])
            else:
                assert self.status
                self.body += message["body"]
                if not message.get("more_body", False):
                    self.is_complete = True
                    self._has_left.set()

        try:
            await links(scope, receive, send)
        except ParlorError as refused:
            assert not self.status
            self.error, self.status = refused, refused.status

    def leave(self) -> None:
        """The client is gone; whatever is sent from now on reaches nobody."""
        self._has_left.set()

    @property
    def answer(self) -> dict[str, Any]:
        assert self.is_complete
        said: dict[str, Any] = msgspec.json.decode(self.body)
        return said

    def events(self) -> list[tuple[int, list[dict[str, Any]]]]:
        """Whole events: (id, messages)."""
        return [
            (
                int(number),
                [msgspec.json.decode(line[6:]) for line in data.splitlines()],
            )
            for number, data in _EVENT.findall(self.body)
        ]


class HttpHouse(NativeHouse):
    """A NativeHouse whose visitors come over HTTP."""

    def __init__(
        self,
        settings: GatewaySettings | None = None,
        longpoll: LongpollSettings | None = None,
    ) -> None:
        super().__init__(settings)
        self.links = HttpLinks(self.native, longpoll or LongpollSettings())
        self._exchanges: list[Exchange] = []

    def begin(
        self,
        method: str,
        path: str,
        query: str = "",
        body: object = None,
        secret: str = "",
        headers: dict[str, str] | None = None,
    ) -> Exchange:
        """A request on its way; `body` is bytes, or a value to be sent as JSON."""
        sent = {"authorization": f"Bearer {secret}"} if secret else {}
        raw = b"" if body is None else body if isinstance(body, bytes) else _encode(body)
        named = {**sent, **(headers or {})}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": ("198.51.100.9", 4000),
        }
        exchange = Exchange(self.links, scope, raw)
        self._exchanges.append(exchange)
        return exchange

    async def everybody_leaves(self) -> None:
        """So that no task outlives a test that makes many houses."""
        for exchange in self._exchanges:
            exchange.leave()
        await asyncio.gather(*(exchange.task for exchange in self._exchanges))

    async def ask(self, method: str, path: str, query: str = "", **more: Any) -> Exchange:
        """A request that is given every chance to be answered."""
        exchange = self.begin(method, path, query, **more)
        await settle()
        return exchange

    async def visitor(self, token: str = "1:phone", **params: Any) -> Visitor:
        hello = {"id": 1, "method": "hello", "params": {"token": token, **params}}
        exchange = await self.ask("POST", "/http/connect", body=hello)
        assert exchange.status == 200
        return Visitor(self, exchange.answer)


class Visitor:
    """The client of one link. `has` is the last number it got and acknowledges."""

    def __init__(self, house: HttpHouse, welcome: dict[str, Any]) -> None:
        self.house = house
        self.welcome = welcome
        self.secret: str = welcome["link"]
        self.has: int = welcome["upto"]

    @property
    def link(self) -> HttpLink:
        return self.house.links._links[self.secret]

    def push(self, text: str) -> None:
        """Something of the server's own, as one message that must arrive."""
        line = msgspec.json.encode({"push": "test", "data": text}) + b"\n"
        self.link.link.put(Frame(line, Delivery.MUST_ARRIVE))

    def begin_poll(self) -> Exchange:
        query = f"poll=1&ack={self.has}"
        return self.house.begin("GET", "/http/events", query, secret=self.secret)

    async def poll(self) -> Exchange:
        exchange = self.begin_poll()
        await settle()
        return exchange

    def take(self, poll: Exchange) -> list[dict[str, Any]]:
        """Read an answered poll; the next one acknowledges it."""
        answer = poll.answer
        self.has = answer["upto"]
        messages: list[dict[str, Any]] = answer["messages"]
        return messages

    async def stream(self) -> Exchange:
        headers = {"last-event-id": str(self.has)}
        return await self.house.ask("GET", "/http/events", secret=self.secret, headers=headers)

    async def send(self, body: object, query: str = "") -> Exchange:
        return await self.house.ask("POST", "/http/send", query, body=body, secret=self.secret)


def _encode(value: object) -> bytes:
    return msgspec.json.encode(value)
