"""One port for HTTP, WebSocket and native TCP: the first byte tells them apart.

A native TCP message begins with the high byte of its length, which the message limit keeps at 0;
an HTTP request begins with a capital letter. Given to uvicorn as its HTTP protocol class.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from parlor.gateway.compression import Compression
from parlor.gateway.http import HttpConnection
from parlor.gateway.native import Native
from parlor.gateway.state.wheel import NOT_SCHEDULED
from parlor.gateway.tcp import TcpConnection
from parlor.model.origins import Origins

_CAPITALS = range(ord("A"), ord("Z") + 1)
_LENGTH_HIGH_BYTE = 0


def build_mux(native: Native, origins: Origins) -> Callable[..., asyncio.Protocol]:
    """What to give to `uvicorn.Config(http=...)`, with `ws="none"`."""
    compression = Compression(native.gateway.settings, native.gateway.meter)

    def connect(**http: Any) -> asyncio.Protocol:
        return Mux(native, lambda: HttpConnection(native, origins, compression, **http))

    return connect


class Mux(asyncio.Protocol):
    """A connection of which nothing is known yet. Silence or anything else closes it."""

    __slots__ = ("_make_http", "_native", "_transport", "timer_tick")

    _transport: asyncio.BaseTransport

    def __init__(self, native: Native, make_http: Callable[[], asyncio.Protocol]) -> None:
        self.timer_tick = NOT_SCHEDULED
        self._native = native
        self._make_http = make_http

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        gateway = self._native.gateway
        gateway.wheel.schedule(self, gateway.wheel.now + gateway.settings.first_byte_timeout_s)

    def data_received(self, data: bytes) -> None:
        self._native.gateway.wheel.cancel(self)
        protocol: asyncio.Protocol
        if data[0] in _CAPITALS:
            protocol = self._make_http()
        elif data[0] == _LENGTH_HIGH_BYTE:
            protocol = TcpConnection(self._native)
        else:
            self._native.gateway.meter.count("connections_unrecognised_total")
            self._transport.close()
            return
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._native.gateway.wheel.cancel(self)

    def on_time(self, now: float) -> float | None:
        self._transport.close()
        return None
