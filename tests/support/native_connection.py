"""Native connections on fake sockets and a hand-moved clock: flows without a network."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from parlor.gateway.frames import WEBSOCKET_FRAMES
from parlor.gateway.native import Native
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.tcp import TcpConnection
from parlor.gateway.websocket import WebSocketConnection
from parlor.push.settings import PushSettings
from parlor.wire.native.codec import JSON_SUBPROTOCOL
from parlor.wire.native.framing import LengthReader, build_framed
from parlor.wire.websocket import (
    CloseReceived,
    Event,
    FrameReader,
    Opcode,
    ReaderLimits,
    build_masked,
)
from tests.support.fake_socket import FakeSocket, advance, make_gateway
from tests.support.native_services import SmallServices
from tests.support.room_services import RoomServices


class NativeHouse:
    """A gateway with small services; `pass_time` moves its clock and lets tasks run."""

    def __init__(
        self, settings: GatewaySettings | None = None, push: PushSettings | None = None
    ) -> None:
        self.gateway, self.clock = make_gateway(settings)
        self.rooms = RoomServices(self.gateway, push)
        self.small = SmallServices(self.rooms)
        self.native = Native.over(self.gateway, self.small.services)

    async def pass_time(self, seconds: float) -> None:
        advance(self.gateway, self.clock, seconds)
        await settle()

    def websocket(self, room: int | None = None) -> WebSocketClient:
        return WebSocketClient(self, room)

    def tcp(self) -> TcpClient:
        return TcpClient(self)


async def settle() -> None:
    """Let tasks that wait for nothing outside run to their end."""
    for _ in range(20):
        await asyncio.sleep(0)


class WebSocketClient:
    """The peer of one WebSocket connection after its handshake, JSON codec."""

    def __init__(self, house: NativeHouse, room: int | None = None) -> None:
        limits = ReaderLimits(65_536, 65_536)
        self.socket = FakeSocket(room)
        self.connection = WebSocketConnection(
            house.native, WEBSOCKET_FRAMES[JSON_SUBPROTOCOL], limits
        )
        self.socket.set_protocol(self.connection)
        self.connection.open(self.socket)
        self._reader = FrameReader(ReaderLimits(1 << 24, 1 << 24, from_client=False))
        self._read = 0

    def send(self, opcode: int, payload: bytes) -> None:
        self.connection.data_received(build_masked(opcode, payload, b"mask"))

    def ask(self, id: int, method: str, **params: Any) -> None:
        request = {"id": id, "method": method, "params": params}
        self.send(Opcode.TEXT, msgspec.json.encode(request))

    async def hello(self, token: str = "1:phone", **params: Any) -> dict[str, Any]:
        self.ask(1, "hello", token=token, **params)
        await settle()
        replies = self.messages()
        assert replies[0]["id"] == 1
        return replies[0]

    def events(self) -> list[Event]:
        """What has arrived since the last look."""
        new = self.socket.received[self._read :]
        self._read = len(self.socket.received)
        return list(self._reader.feed(new))

    def messages(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(event) for event in self.events() if isinstance(event, str)]

    def close_code(self) -> int | None:
        codes = [event.code for event in self.events() if isinstance(event, CloseReceived)]
        return codes[0] if codes else None


class TcpClient:
    """The peer of one native TCP connection."""

    def __init__(self, house: NativeHouse) -> None:
        self.socket = FakeSocket()
        self.connection = TcpConnection(house.native)
        self.socket.set_protocol(self.connection)
        self.connection.connection_made(self.socket)
        self._reader = LengthReader(1 << 24)
        self._read = 0

    def ask(self, id: int, method: str, *params: Any) -> None:
        self.connection.data_received(
            build_framed(msgspec.msgpack.encode([id, method, list(params)]))
        )

    def messages(self) -> list[list[Any]]:
        new = self.socket.received[self._read :]
        self._read = len(self.socket.received)
        return [msgspec.msgpack.decode(message) for message in self._reader.feed(new)]
