"""A gateway on a real port of this process, with uvicorn around it and small services behind it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from parlor.client import Connection, Following, connect
from parlor.gateway.gateway import Gateway
from parlor.gateway.mux import build_mux
from parlor.gateway.native import Native
from parlor.gateway.settings import GatewaySettings
from parlor.model.origins import Origins
from parlor.push.pushes import Pushes
from parlor.push.route import Route
from parlor.push.settings import PushSettings
from parlor.wire.native.codec import JSON_SUBPROTOCOL
from tests.support.native_services import SmallServices
from tests.support.room_services import RoomServices
from tests.support.steady import CountingMeter


class RealClock:
    def now(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000


class RealEntropy:
    def token_bytes(self, count: int) -> bytes:
        return os.urandom(count)


async def plain_app(scope: Any, receive: Any, send: Any) -> None:
    """Answers every request with the length of its body, and lifespan with yes."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        if not message["more_body"]:
            break
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": str(size).encode()})


@dataclass
class NativeServer:
    port: int
    gateway: Gateway
    native: Native
    small: SmallServices
    rooms: RoomServices
    route: Route
    pushes: Pushes
    meter: CountingMeter

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def tcp_url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def connected(
        self,
        user: str = "1",
        device: str = "phone",
        *,
        instance: str = "",
        rooms: Sequence[str] = (),
        subprotocol: str = JSON_SUBPROTOCOL,
        following: Following | None = None,
    ) -> AsyncIterator[Connection]:
        async with connect(
            self.websocket_url,
            f"{user}:{device}",
            instance=instance,
            rooms=rooms,
            subprotocol=subprotocol,
            following=following,
        ) as connection:
            yield connection

    async def stream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def running_gateway(
    settings: GatewaySettings | None = None,
    *,
    origins: Sequence[str] = (),
    push: PushSettings | None = None,
) -> AsyncIterator[NativeServer]:
    """Everything of a server but storage; tasks and sockets are gone afterwards."""
    meter = CountingMeter()
    clock = RealClock()
    entropy = RealEntropy()
    gateway = Gateway(settings or GatewaySettings(), clock, entropy, meter)
    rooms = RoomServices(gateway, push)
    small = SmallServices(rooms)
    native = Native.over(gateway, small.services)
    config = uvicorn.Config(
        plain_app,
        host="127.0.0.1",
        port=0,
        http=build_mux(native, Origins(origins)),  # type: ignore[arg-type]
        ws="none",
        log_config=None,
        lifespan="on",
        timeout_keep_alive=5,
    )
    server = uvicorn.Server(config)
    tasks = [
        asyncio.create_task(gateway.keep_time()),
        asyncio.create_task(native.mail.run(rooms.bus)),
    ]
    stack = AsyncExitStack()
    await stack.enter_async_context(rooms.running())
    async with asyncio.timeout(10):
        await native.mail.subscribed.wait()
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.005)
        if serving.done():
            await serving
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield NativeServer(port, gateway, native, small, rooms, rooms.route, rooms.pushes, meter)
    finally:
        for link in gateway.hub.all():
            link.close(gateway.come_back())
        server.should_exit = True
        await serving
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await stack.aclose()
