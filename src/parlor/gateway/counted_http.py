"""uvicorn's HTTP connection as every port of ours has it: counted among all connections, cut off
when its answers are not read, and telling the application the client's own address where a
trusted proxy says it.

Called by `http` for the web port and by the front doors for theirs.
"""

from __future__ import annotations

import asyncio
import math
from http import HTTPStatus
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.wheel import NOT_SCHEDULED
from parlor.model.address import plain_address
from parlor.model.close import Close, CloseCode
from parlor.model.errors import AddressFull, Overloaded, ParlorError, WireError
from parlor.wire.proxy import FORWARDING_FIELDS


class CountedHttp(HttpToolsProtocol):
    """`address` is whom the connection is from, as far as it tells itself, "" for the socket's
    peer: a proxy perhaps, behind which each request has its own `sender`.

    A `fault` is why a request could not be read, when that is not its HTTP.
    """

    def __init__(self, gateway: Gateway, address: str, **http: Any) -> None:
        super().__init__(**http)
        self.gateway = gateway
        self.address = self.sender = address
        self.fault = ""
        self._is_admitted = False
        self._unread = Unread(self)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer, port = self.client or ("local", 0)
        self.address = self.sender = self.address or plain_address(peer)
        self.client = (self.address, port)
        refused = self.gateway.admission.admit(self.address)
        self._is_admitted = refused is None
        if refused is not None:
            self._send_away(refused)
        self.gateway.wheel.schedule(self._unread, self.gateway.wheel.now)

    def connection_lost(self, exc: Exception | None) -> None:
        self.release()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        if self.gateway.trusted.trusts(self.address):
            self._take_the_proxys_word()
        super().on_headers_complete()

    def release(self) -> None:
        """No longer counted, nor watched. Harmless twice."""
        self.gateway.wheel.cancel(self._unread)
        if self._is_admitted:
            self._is_admitted = False
            self.gateway.admission.release(self.address)

    def refusal_body(self, error: ParlorError, after_s: float) -> bytes:
        """JSON for one connection too many: the same error as the API's."""
        told = {
            "code": error.code,
            "message": str(error),
            "retry": error.retry,
            "retry_after_s": after_s,
        }
        return msgspec.json.encode({"error": told})

    def _take_the_proxys_word(self) -> None:
        """The application sees the client instead of the proxy, and no field that names it:
        where one is left, it was not believed. Raises WireError, which ends the request."""
        try:
            sender = self.gateway.trusted.sender(self.address, self.headers)
        except WireError as fault:
            self.fault = str(fault)
            raise
        self.sender = sender.address
        self.scope["client"] = (sender.address, self.client[1] if self.client else 0)
        if sender.scheme:
            self.scope["scheme"] = sender.scheme
        self.headers[:] = [each for each in self.headers if each[0] not in FORWARDING_FIELDS]

    def _send_away(self, refused: Close) -> None:
        error = AddressFull() if refused.code is CloseCode.ADDRESS_FULL else Overloaded()
        self.gateway.meter.count("http_connections_refused_total", code=error.code)
        body = self.refusal_body(error, refused.after_s)
        again = f"retry-after: {math.ceil(refused.after_s)}\r\n"
        head = build_head(HTTPStatus(error.status), "application/json", len(body), again)
        self.connections.discard(self)
        self.transport.write(head + body)
        self.transport.close()


class Unread:
    """An entry of the wheel that ends a connection whose bytes stay unread for too long.

    uvicorn waits for ever for such a client, while it answers and when it closes.
    """

    __slots__ = ("_bytes", "_http", "_since", "timer_tick")

    def __init__(self, http: CountedHttp) -> None:
        self.timer_tick = NOT_SCHEDULED
        self._http = http
        self._bytes = 0
        self._since = 0.0

    def on_time(self, now: float) -> float | None:
        waiting = self._http.transport.get_write_buffer_size()
        limit_s = self._http.gateway.settings.stall_timeout_s
        # Somebody who reads makes the number change; uvicorn writes no more while it is high.
        if not waiting or waiting != self._bytes:
            self._bytes, self._since = waiting, now
        elif now - self._since >= limit_s:
            self._http.gateway.meter.count("http_connections_stalled_total")
            self._http.transport.abort()
            return None
        return now + limit_s / 2


def build_head(status: HTTPStatus, kind: str, length: int, more: str = "") -> bytes:
    """Of an answer after which the connection ends. `more` are whole header lines."""
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"content-type: {kind}\r\n"
        f"content-length: {length}\r\n"
        f"{more}connection: close\r\n\r\n"
    ).encode()
