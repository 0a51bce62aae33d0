"""A socket's two ways to write, the descriptor and the transport, with a kernel that takes as
much as the test allows."""

from __future__ import annotations

import asyncio
import socket as sockets
from typing import Any

from parlor.gateway.gateway import Gateway
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.outbox import Frame
from parlor.gateway.stream import Stream
from parlor.model.close import Close
from parlor.model.push import Delivery, Envelope
from parlor.wire.native.pushes import PushPayload
from tests.support.steady import CountedBytes, CountingMeter, HandClock


class FakeSocket(asyncio.Transport):
    """`room` is how many bytes the kernel takes before the next `drain`; None: any number.

    Calls the protocol's pause_writing and resume_writing as asyncio's transports do.
    """

    def __init__(self, room: int | None = None, peer: str = "198.51.100.7") -> None:
        super().__init__({"peername": (peer, 5000), "socket": self})
        self.protocol: asyncio.BaseProtocol | None = None
        self.room = room
        self.is_direct = False
        self.received = b""
        self.direct_writes = 0
        self.writes = 0
        self.closed = False
        self.aborted = False
        self.is_reading_paused = False
        self._held = b""
        self._high = 65_536
        self._is_paused = False

    family = sockets.AF_UNIX

    def fileno(self) -> int:
        return 7 if self.is_direct else -1

    def write_descriptor(self, descriptor: int, data: bytes) -> int:
        assert descriptor == 7
        assert not self._held, "a direct write overtakes what the transport holds"
        assert not self.closed, "a direct write after close"
        taken = self._take(data)
        if not taken:
            raise BlockingIOError
        self.direct_writes += 1
        return taken

    def write(self, data: Any) -> None:
        assert not self.closed
        self.writes += 1
        self._held += bytes(data)
        self._held = self._held[self._take(self._held) :]
        if len(self._held) > self._high and not self._is_paused:
            self._is_paused = True
            self._stream().pause_writing()

    def drain(self, room: int | None = None) -> None:
        """The peer has read: the kernel takes `room` more bytes (None: any number)."""
        self.room = room
        self._held = self._held[self._take(self._held) :]
        if not self._held and self._is_paused:
            self._is_paused = False
            self._stream().resume_writing()

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = 65_536 if high is None else high

    def get_write_buffer_size(self) -> int:
        return len(self._held)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def deliver(self, data: bytes) -> None:
        """The peer has written."""
        self._stream().data_received(data)

    def lose(self, error: Exception | None = None) -> None:
        """The connection is over, as the loop tells the protocol."""
        self.closed = True
        self._stream().connection_lost(error)

    def _take(self, data: bytes) -> int:
        taken = len(data) if self.room is None else min(self.room, len(data))
        self.received += data[:taken]
        if self.room is not None:
            self.room -= taken
        return taken

    def _stream(self) -> Any:
        assert self.protocol is not None
        return self.protocol


class PlainCodec:
    """Pushes as their bodies, and `<missed N>`."""

    tells_when: bool = True

    def pushes(self, envelope: Envelope) -> Frame | None:
        bodies = b"".join(push.body for push in envelope.pushes)
        return Frame(bodies, envelope.pushes[0].delivery, len(envelope.pushes))

    def notice(self, name: str, payload: PushPayload) -> Frame | None:
        return Frame(f"<{name}>".encode(), Delivery.MUST_ARRIVE)

    def missed(self, count: int) -> bytes:
        return f"<missed {count}>".encode()


class PlainStream(Stream):
    """A stream without a protocol: remembers what it is fed, says `<bye>` at the end."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway, PlainCodec())
        self.fed = b""
        self.ends = 0

    def feed(self, data: bytes) -> None:
        self.fed += data

    def farewell(self, close: Close) -> bytes:
        return b"<bye>"

    def on_end(self) -> None:
        self.ends += 1


def make_gateway(settings: GatewaySettings | None = None) -> tuple[Gateway, HandClock]:
    """A gateway in the running loop, with a clock that the test moves (and then `advance`s)."""
    clock = HandClock()
    gateway = Gateway(settings or GatewaySettings(), clock, CountedBytes(), CountingMeter())
    return gateway, clock


def advance(gateway: Gateway, clock: HandClock, seconds: float) -> None:
    """Let time pass, in steps of the wheel."""
    until = clock.at + seconds
    while clock.at < until:
        clock.at = min(until, clock.at + gateway.wheel.tick_s)
        gateway.wheel.advance(clock.at)


def open_stream(stream: PlainStream, socket: FakeSocket, greeting: bytes = b"") -> None:
    """Hand `socket` to `stream` with direct writes on."""
    stream.write_descriptor = socket.write_descriptor
    socket.is_direct = True
    socket.set_protocol(stream)
    stream.open(socket, greeting)
