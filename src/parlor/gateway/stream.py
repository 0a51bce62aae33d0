"""The side of a connection that has the socket: ordered writes, back-pressure, the last word.

Shared by native WebSocket, native TCP and the front doors; they add what the bytes mean. Writes
go straight to the descriptor while the transport holds nothing (ADR 3); what the kernel does not
take goes to the transport, which owns the order until it says that it is empty. Meanwhile frames
wait in the link's outbox, where the limits are.
"""

from __future__ import annotations

import asyncio
import os
from abc import abstractmethod
from collections.abc import Callable
from typing import cast

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.link import NO_DESCRIPTOR, Link, LinkCodec
from parlor.gateway.state.wheel import NOT_SCHEDULED
from parlor.model.address import plain_address
from parlor.model.close import Close, CloseCode
from parlor.model.ids import ConnectionKey, DeviceId, UserId

LOCAL_SOCKET = "local"


class Stream(asyncio.Protocol):
    """One connection from acceptance to its end; also its link's shell.

    A subclass implements `feed`, `farewell` and `on_end`, and may refine `check_time`. It calls
    `link.close` to end the connection, whatever the reason.
    """

    __slots__ = (
        "_descriptor",
        "_is_admitted",
        "_is_blocked",
        "_stalled_at",
        "_stalled_bytes",
        "gateway",
        "heard_at",
        "link",
        "timer_tick",
        "transport",
    )

    transport: asyncio.Transport
    write_descriptor: Callable[[int, bytes], int] = staticmethod(os.write)

    def __init__(self, gateway: Gateway, codec: LinkCodec) -> None:
        self.gateway = gateway
        self.timer_tick = NOT_SCHEDULED
        self.heard_at = gateway.wheel.now
        # The link exists before the greeting fills in who it is, so that one outbox bounds what
        # waits in every phase. It is in no index until `hub.add`.
        self.link = Link(
            ConnectionKey(""), UserId(""), DeviceId(""), "", codec, self, gateway.outbox_limits
        )
        self._descriptor = NO_DESCRIPTOR
        self._is_admitted = False
        self._is_blocked = False
        self._stalled_at = 0.0
        self._stalled_bytes = 0

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Handle what arrived. Faults end in `link.close`; nothing is raised."""

    @abstractmethod
    def farewell(self, close: Close) -> bytes:
        """The last bytes the peer gets; may be b""."""

    @abstractmethod
    def on_end(self) -> None:
        """The link has left the hub, or never was there. Called once."""

    def check_time(self, now: float) -> float | Close:
        """When to look again (monotonic), or why the connection's time is over."""
        idle_at = self.heard_at + 2 * self.gateway.longest_heartbeat_s
        return idle_at if now < idle_at else Close(CloseCode.IDLE)

    def open(self, transport: asyncio.Transport, greeting: bytes = b"") -> None:
        """Take the socket over, from a listener or another protocol, and write `greeting`.

        The client's address is the link's if that is set, otherwise the socket's peer. Ends at
        once, with the reason, when the gateway has no room.
        """
        self.transport = transport
        if not self.link.address:
            self.link.address = peer_address(transport)
        # With 0 the transport calls pause_writing as soon as it holds a single byte.
        transport.set_write_buffer_limits(high=0)
        self._is_blocked = transport.get_write_buffer_size() > 0
        if self._is_blocked:
            self.gateway.blocked.add(self)
        if transport.get_extra_info("sslcontext") is None:
            self._descriptor = _descriptor_of(transport)
        if greeting:
            self.write(greeting)
        self._allow_direct()
        refused = self.gateway.admit(self.link.address)
        self._is_admitted = refused is None
        if refused:
            self.link.close(refused)
        else:
            self.heard_at = now = self.gateway.wheel.now
            again = self._ask_again_at(now)
            if again is not None:
                self.gateway.wheel.schedule(self, again)

    def come_from(self, address: str) -> None:
        """The client turned out to be behind a proxy. Only before the link is in the hub."""
        if address == self.link.address:
            return
        if self._is_admitted:
            self.gateway.release(self.link.address)
        self.link.address = address
        refused = self.gateway.admit(address)
        self._is_admitted = refused is None
        if refused:
            self.link.close(refused)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are like asyncio's, but no subclasses of them.
        self.open(cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.gateway.wheel.now
        self.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_descriptor()
        if self.link.closing is None:
            self.link.closing = Close(CloseCode.GOING_AWAY)
            self._leave()
        self.link.outbox.clear()
        self.gateway.blocked.discard(self)
        self.gateway.wheel.cancel(self)
        if self._is_admitted:
            self._is_admitted = False
            self.gateway.release(self.link.address)

    def pause_writing(self) -> None:
        self._is_blocked = True
        self.gateway.blocked.add(self)
        self.link.direct = NO_DESCRIPTOR
        self._stalled_at = self.gateway.wheel.now
        self._stalled_bytes = self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        self._is_blocked = False
        self.gateway.blocked.discard(self)
        if self.link.outbox.waiting is None:
            self._allow_direct()
        else:
            # A watched link has another shell, which wants to see it.
            self.link.shell.wake()

    def waiting_bytes(self) -> int:
        return self.link.outbox.waiting_bytes + self.transport.get_write_buffer_size()

    def wake(self) -> None:
        self.link.direct = NO_DESCRIPTOR
        self.gateway.turn.add(self)

    def flush(self) -> None:
        """Write what waits, unless the transport is not through with the last write."""
        if not self._is_blocked:
            if waiting := self.link.take():
                self.write(waiting)
            self._allow_direct()

    def send_rest(self, data: bytes) -> None:
        self.transport.write(data)

    def write(self, data: bytes) -> None:
        """Put `data` on the wire after all that was written before, without the outbox."""
        if self._descriptor >= 0 and not self._is_blocked:
            try:
                sent = self.write_descriptor(self._descriptor, data)
            except BlockingIOError:
                sent = 0
            except OSError:
                # The peer is gone; connection_lost follows, as after a failed transport.write.
                self._forget_descriptor()
                self.transport.abort()
                return
            if sent == len(data):
                return
            data = data[sent:]
        self.transport.write(data)

    def end(self, close: Close) -> None:
        """Called by the link, once: say the last word and close as soon as it is written.

        A peer that does not read it in `close_timeout_s` is cut off.
        """
        self._leave()
        self.gateway.meter.count("connections_closed_total", reason=close.code.name.lower())
        waiting = b"" if close.code in _HOPELESS else self.link.take()
        self.link.outbox.clear()
        self.write(waiting + self.farewell(close))
        # From here the transport closes the descriptor; nothing may be written to it directly.
        self._forget_descriptor()
        self.finish()
        timeout_s = self.gateway.settings.close_timeout_s
        self.gateway.wheel.schedule(self, self.gateway.wheel.now + timeout_s)

    def end_soon(self, close: Close) -> None:
        """For connections whose requests never outlive `feed`: there is nothing to wait for."""
        self.link.close(close)

    def on_missed(self, count: int) -> None:
        self.gateway.meter.count("pushes_missed_total", count)

    def finish(self) -> None:
        """Close the transport after the farewell. WebSocket waits for the peer's own first."""
        self.transport.close()

    def keep_appointment(self) -> None:
        """Look at the clock anew: what the connection has to wait for has changed."""
        if self.link.closing is None:
            again = self._ask_again_at(self.gateway.wheel.now)
            if again is not None:
                self.gateway.wheel.schedule(self, again)

    def on_time(self, now: float) -> float | None:
        if self.link.closing is not None:
            self.transport.abort()
            return None
        return self._ask_again_at(now)

    def _ask_again_at(self, now: float) -> float | None:
        verdict = self.check_time(now)
        if isinstance(verdict, Close):
            self.link.close(verdict)
        elif self._is_stalled(now):
            self.link.close(Close(CloseCode.STALLED))
        else:
            again = min(verdict, now + self.gateway.settings.heartbeat_s)
            if not self.link.expires_at:
                return again
            ends_at = now + self.gateway.token_left_s(self.link.expires_at)
            if now < ends_at:
                return min(again, ends_at)
            self.link.close(Close(CloseCode.UNAUTHENTICATED))
        return None

    def _is_stalled(self, now: float) -> bool:
        if not self._is_blocked:
            return False
        waiting = self.transport.get_write_buffer_size()
        if waiting < self._stalled_bytes:
            self._stalled_bytes, self._stalled_at = waiting, now
        return now - self._stalled_at >= self.gateway.settings.stall_timeout_s

    def _allow_direct(self) -> None:
        """The outbox is empty: a walk may write, unless the transport holds something, or somebody
        wants to see what is written."""
        if not self._is_blocked and self.link.watch is None:
            self.link.direct = self._descriptor

    def _forget_descriptor(self) -> None:
        self._descriptor = self.link.direct = NO_DESCRIPTOR

    def _leave(self) -> None:
        self.gateway.hub.remove(self.link)
        self.on_end()


# What waits for a reader that does not read would only delay its end.
_HOPELESS = frozenset({CloseCode.SLOW_READER, CloseCode.STALLED})


def peer_address(transport: asyncio.BaseTransport) -> str:
    """Who is at the other end of the socket, a proxy perhaps."""
    peer = transport.get_extra_info("peername")
    return plain_address(peer[0]) if isinstance(peer, tuple) and peer else LOCAL_SOCKET


def _descriptor_of(transport: asyncio.Transport) -> int:
    sock = transport.get_extra_info("socket")
    return NO_DESCRIPTOR if sock is None else int(sock.fileno())
