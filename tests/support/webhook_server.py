"""A receiver of webhooks on a real port that does what a test says, wrong things included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from parlor.wire.webhook import verify

SECRET = "a secret of some length"


class WebhookServer:
    """`mode`: `ok`, `500`, `hang`, `close`, `redirect`; it may change while it runs.

    `answer` gives the answer to a question from the event asked about.
    """

    def __init__(self) -> None:
        self.mode = "ok"
        self.port = 0
        self.events: list[dict[str, Any]] = []
        """Those of posts that were answered with a success, in order."""
        self.tries: list[tuple[str, int]] = []
        """(name of the delivery, number of events) of every post."""
        self.questions: list[dict[str, Any]] = []
        self.unsigned = 0
        self.followed = 0
        self.answer: Callable[[dict[str, Any]], dict[str, Any]] = lambda _: {"allow": True}

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    async def hear(self, request: web.Request) -> web.StreamResponse:
        body = await self._signed(request)
        told = msgspec.json.decode(body)["events"]
        self.tries.append((request.headers["Parlor-Delivery"], len(told)))
        failure = await self._misbehave(request)
        if failure is not None:
            return failure
        self.events += told
        return web.Response(status=204)

    async def decide(self, request: web.Request) -> web.StreamResponse:
        body = await self._signed(request)
        self.questions.append(msgspec.json.decode(body))
        failure = await self._misbehave(request)
        return failure or web.json_response(self.answer(self.questions[-1]))

    async def elsewhere(self, _: web.Request) -> web.StreamResponse:
        self.followed += 1
        return web.Response(status=204)

    def seen(self, kind: str, **what: str) -> list[dict[str, Any]]:
        return [
            event
            for event in self.events
            if event["kind"] == kind and all(event.get(k) == v for k, v in what.items())
        ]

    async def wait_seen(self, count: int, kind: str, **what: str) -> list[dict[str, Any]]:
        async with asyncio.timeout(15):
            while len(found := self.seen(kind, **what)) < count:
                await asyncio.sleep(0.02)
        return found

    async def _signed(self, request: web.Request) -> bytes:
        body = await request.read()
        if not verify(SECRET, request.headers.get("Parlor-Signature", ""), body, time.time()):
            self.unsigned += 1
        return body

    async def _misbehave(self, request: web.Request) -> web.StreamResponse | None:
        match self.mode:
            case "500":
                return web.Response(status=500)
            case "hang":
                await asyncio.sleep(30)
            case "close":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "redirect":
                return web.Response(status=307, headers={"Location": self.url("elsewhere")})
        return None


@asynccontextmanager
async def webhook_server() -> AsyncIterator[WebhookServer]:
    receiver = WebhookServer()
    app = web.Application()
    app.router.add_post("/hear", receiver.hear)
    app.router.add_post("/ask", receiver.decide)
    app.router.add_post("/elsewhere", receiver.elsewhere)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
