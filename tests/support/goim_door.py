"""A whole goim door on free loopback ports, with everything behind it in memory."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from parlor.doors.goim.door import GoimDoor
from parlor.doors.goim.settings import GoimSettings
from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.wheel import TimerWheel
from parlor.model.account import Scope
from parlor.push.route import Route
from tests.support.goim_client import GoimTcp, GoimWebSocket
from tests.support.goim_fakes import CountedEntropy, Counts, KnownKeys, KnownTokens

PUSH_KEY = "plk_may_push"
OTHER_KEY = "plk_may_not_push"
FAST_TICK_S = 0.02


class RealClock:
    def now(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000


@dataclass
class OpenDoor:
    """What a test holds of a running door."""

    door: GoimDoor
    gateway: Gateway
    route: Route
    tokens: KnownTokens
    keys: KnownKeys
    http: aiohttp.ClientSession

    def port(self, name: str) -> int:
        return self.door.addresses[name][1]

    async def tcp(self, **login: Any) -> GoimTcp:
        """Connected, and logged in when `login` says as whom."""
        client = await GoimTcp.connect(self.port("tcp"))
        if login:
            await client.log_in(**login)
        return client

    async def websocket(self, **login: Any) -> GoimWebSocket:
        client = await GoimWebSocket.connect(self.port("ws"))
        if login:
            await client.log_in(**login)
        return client

    async def push(self, what: str, query: str, body: bytes = b"hi") -> None:
        """POST /goim/push/`what`; fails unless it was taken."""
        url = f"/goim/push/{what}?{query}"
        async with self.http.post(url, data=body) as response:
            assert (response.status, await response.json()) == (200, {"code": 0, "message": ""})


@contextlib.asynccontextmanager
async def goim_door(
    *, gateway_settings: GatewaySettings | None = None, **settings: Any
) -> AsyncIterator[OpenDoor]:
    """By default `open`, joining nothing (batch 1); `settings` are those of the door."""
    chosen = {"auth": "open", "batch": 1, "tcp_port": 0, "ws_port": 0, "http_port": 0, **settings}
    clock = RealClock()
    gateway = Gateway(gateway_settings or GatewaySettings(), clock, CountedEntropy(), Counts())
    gateway.wheel = TimerWheel(clock.now(), tick_s=FAST_TICK_S)
    bus = MemoryBus()
    deliver = Deliver(gateway, bus)
    route = Route(bus)
    tokens = KnownTokens({"anna's token": "1001", "ben's token": "1002"})
    keys = KnownKeys(
        {PUSH_KEY: frozenset({Scope.PUSH}), OTHER_KEY: frozenset({Scope.IM, Scope.ADMIN})}
    )
    door = GoimDoor(
        GoimSettings(**chosen), gateway, route, MemoryPresence(gateway.hub), tokens, keys
    )
    running = [
        asyncio.create_task(deliver.run()),
        asyncio.create_task(gateway.keep_time()),
    ]
    await deliver.subscribed.wait()
    await door.open()
    try:
        base = f"http://127.0.0.1:{door.addresses['http'][1]}"
        async with aiohttp.ClientSession(base) as http:
            yield OpenDoor(door, gateway, route, tokens, keys, http)
    finally:
        await door.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
