"""A thousand clients in one loop, cheap enough to watch: they follow rooms, come back, and count.

Each does what the SDK does with less: hello with ticket and positions, acknowledgements, coming
back at the time it was told. Half speak JSON over WebSocket, half MessagePack over TCP.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import cast

from parlor.model.room import Position
from parlor.wire.native.codec import JSON, MSGPACK, Codec, Reply
from parlor.wire.native.framing import LengthReader, build_framed
from parlor.wire.native.methods import Hello, HelloResult, MailAck
from parlor.wire.native.pushes import ByePush, DeliveryPush
from parlor.wire.websocket import FrameReader, Opcode, ReaderLimits, build_masked
from tests.support.raw_websocket import upgrade_request

MAX_BYTES = 1 << 24
_AFTER = re.compile(r"after_s=([0-9.]+)")


class Member:
    """One user with one device, in `rooms`, over as many connections as it takes."""

    def __init__(self, port: int, user: str, rooms: tuple[str, ...], *, tcp: bool) -> None:
        self._port = port
        self._user = user
        self._tcp = tcp
        self._rooms = rooms
        self._positions: dict[str, Position] = {}
        self.ticket = ""
        self.is_there = False
        self.hellos: list[HelloResult] = []
        self.told: list[float] = []
        """When to come back, as each goodbye said."""
        self.cut = 0
        """Connections that ended without a goodbye."""
        self.heard: Counter[tuple[str | None, str]] = Counter()
        """How often each body came in each room; of mail, each id counts once."""
        self.missed = 0
        self._ids: set[str] = set()
        self._coming: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def begin(self) -> None:
        self._coming = asyncio.create_task(self._come(0.0))

    async def _come(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.create_connection(
                    lambda: _Tcp(self) if self._tcp else _WebSocket(self), "127.0.0.1", self._port
                )
            except OSError:
                await asyncio.sleep(0.2)
            else:
                return

    def leave(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._coming = self._transport = None

    def hello(self, transport: asyncio.Transport) -> Hello:
        self._transport = transport
        return Hello(
            self._user, client="crowd", rooms=self._rooms, resume=self.ticket,
            since=dict(self._positions),
        )  # fmt: skip

    def on_hello(self, welcome: HelloResult) -> None:
        self.is_there = True
        self.ticket = welcome.resume
        self.hellos.append(welcome)
        for state in welcome.room_states:
            if not state.recovered and state.position is not None:
                self._positions[state.room] = state.position

    def on_delivery(self, push: DeliveryPush) -> None:
        self.missed += push.missed
        if push.epoch and push.room:
            self._positions[push.room] = Position(push.epoch, push.offset)
        if push.mail:
            if push.push_id in self._ids:
                return
            self._ids.add(push.push_id)
        self.heard[push.room, push.body] += 1

    def on_end(self, bye: ByePush | None) -> None:
        self.is_there = False
        if self._transport is None:
            return
        found = _AFTER.search(bye.reason) if bye else None
        if found is None:
            self.cut += 1
        else:
            self.told.append(float(found[1]))
        self._coming = asyncio.create_task(self._come(self.told[-1] if found else 0.2))


class _Line(asyncio.Protocol):
    codec: Codec

    def __init__(self, member: Member) -> None:
        self.member = member
        self.bye: ByePush | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.begin()

    def begin(self) -> None:
        hello = self.member.hello(self.transport)
        self.transport.write(self.frame(self.codec.build_request(1, "hello", hello)))

    def frame(self, message: bytes) -> bytes:
        raise NotImplementedError

    def on_message(self, raw: bytes | str) -> None:
        message = self.codec.parse_message(raw)
        if isinstance(message, Reply):
            if message.id == 1:
                assert message.error is None, message.error
                self.member.on_hello(self.codec.parse_result(message, HelloResult))
        elif isinstance(message.data, DeliveryPush):
            self.member.on_delivery(message.data)
            if message.data.mail:
                acknowledge = self.codec.build_request(2, "mail.ack", MailAck(message.data.mail))
                self.transport.write(self.frame(acknowledge))
        elif isinstance(message.data, ByePush):
            self.bye = message.data

    def connection_lost(self, exc: Exception | None) -> None:
        self.member.on_end(self.bye)


class _Tcp(_Line):
    codec = MSGPACK

    def __init__(self, member: Member) -> None:
        super().__init__(member)
        self._reader = LengthReader(MAX_BYTES)

    def frame(self, message: bytes) -> bytes:
        return build_framed(message)

    def data_received(self, data: bytes) -> None:
        for message in self._reader.feed(data):
            self.on_message(message)


class _WebSocket(_Line):
    codec = JSON

    def __init__(self, member: Member) -> None:
        super().__init__(member)
        self._reader = FrameReader(ReaderLimits(MAX_BYTES, MAX_BYTES, from_client=False))
        self._head: bytes | None = b""

    def begin(self) -> None:
        self.transport.write(upgrade_request(host="127.0.0.1"))
        super().begin()

    def frame(self, message: bytes) -> bytes:
        return build_masked(Opcode.TEXT, message, b"abcd")

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            head, end, data = (self._head + data).partition(b"\r\n\r\n")
            if not end:
                self._head = head
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self._head = None
        for event in self._reader.feed(data):
            if isinstance(event, str | bytes):
                self.on_message(event)
            else:
                # The goodbye of the framing; the server closes.
                self.transport.close()


async def wait_for_all(members: list[Member], hellos: int, limit_s: float) -> None:
    """Until each has been welcomed `hellos` times and is there; fails after `limit_s`."""
    try:
        async with asyncio.timeout(limit_s):
            while not all(one.is_there and len(one.hellos) >= hellos for one in members):
                await asyncio.sleep(0.05)
    except TimeoutError:
        away = [one for one in members if not one.is_there or len(one.hellos) < hellos]
        raise AssertionError(f"{len(away)} of {len(members)} are not back") from None
