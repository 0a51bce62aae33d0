"""uvicorn's HTTP connection, with three things of our own: WebSocket upgrades stay in this
process's gateway, slow or endless requests are cut off, and no byte after an upgrade is lost.

Everything else, the ASGI application included, is uvicorn's business.
"""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from parlor.gateway.frames import WEBSOCKET_FRAMES
from parlor.gateway.native import Native
from parlor.gateway.state.wheel import NOT_SCHEDULED
from parlor.gateway.websocket import WebSocketConnection
from parlor.model.origins import Origins
from parlor.wire.websocket import ReaderLimits, Refusal, check_upgrade, choose_subprotocol

WEBSOCKET_PATH = b"/ws"


class _Part(Enum):
    """What the client still owes."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class HttpConnection(HttpToolsProtocol):
    """`http` is what uvicorn gives its protocol class."""

    def __init__(self, native: Native, origins: Origins, limits: ReaderLimits, **http: Any) -> None:
        super().__init__(**http)
        self.timer_tick = NOT_SCHEDULED
        self._native = native
        self._origins = origins
        self._reader_limits = limits
        self._wheel = native.gateway.wheel
        self._max_head_bytes = native.gateway.settings.http_head_bytes
        self._head_timeout_s = native.gateway.settings.http_head_timeout_s
        self._body_stall_s = native.gateway.settings.http_body_stall_s
        self._owed = _Part.HEAD
        self._head_bytes = 0
        self._stall_s = native.gateway.settings.stall_timeout_s
        self._unread_bytes = 0
        self._began_at = self._heard_at = self._unread_since = self._wheel.now

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._wheel.now
        self._unset_keepalive_if_required()
        if self.timer_tick == NOT_SCHEDULED:
            self._began_at = self._heard_at
            self._wheel.schedule(self, self._heard_at + self._head_timeout_s)
        if self._owed is _Part.HEAD:
            self._head_bytes += len(data)
        rest: bytes | None = data
        while rest:
            rest = self._parse(rest)

    def _parse(self, data: bytes) -> bytes | None:
        """What is left to parse after an upgrade that was not taken up: such a request is an
        ordinary one (RFC 9110 §7.8)."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
            if not self._should_upgrade():
                return rest
            self._open_websocket(rest)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST, "This is not HTTP/1.1.")
        else:
            if self._owed is _Part.HEAD and self._head_bytes > self._max_head_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Too many headers.")
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._wheel.cancel(self)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._owed = _Part.HEAD
        self._began_at = self._wheel.now
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._owed = _Part.BODY
        self._head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._owed = _Part.NOTHING
        super().on_message_complete()

    def on_time(self, now: float) -> float | None:
        """Cut off a request that does not come to its end; leave the answering to uvicorn."""
        if self.transport.is_closing():
            return None
        if self._owed is _Part.NOTHING:
            # Between requests uvicorn's keep-alive timer runs, unless stray bytes stopped it.
            is_answering = self.cycle is not None and not self.cycle.response_complete
            if self._is_unread(now):
                self.transport.abort()
                return None
            if is_answering or self.timeout_keep_alive_task is not None:
                return now + self._head_timeout_s if is_answering else None
        if self._owed is _Part.BODY:
            if now < self._heard_at + self._body_stall_s:
                return self._heard_at + self._body_stall_s
            self.transport.close()
        elif now < self._began_at + self._head_timeout_s:
            return self._began_at + self._head_timeout_s
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not come to its end.")
        return None

    def _is_unread(self, now: float) -> bool:
        """Whether the client has taken nothing of an answer for too long."""
        waiting = self.transport.get_write_buffer_size()
        if not waiting or waiting < self._unread_bytes:
            self._unread_since = now
        self._unread_bytes = waiting
        return waiting > 0 and now - self._unread_since >= self._stall_s

    def shutdown(self) -> None:
        self._wheel.cancel(self)
        super().shutdown()

    def _should_upgrade(self) -> bool:
        return self._get_upgrade() == b"websocket"

    def _open_websocket(self, rest: bytes) -> None:
        """Answer 101 and hand the socket over with what came after the request, or refuse."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._refuse(HTTPStatus.BAD_REQUEST, "An upgrade cannot be pipelined.")
            return
        if self.url.partition(b"?")[0] != WEBSOCKET_PATH:
            self._refuse(HTTPStatus.NOT_FOUND, "WebSocket connections are opened at /ws.")
            return
        upgrade = check_upgrade(
            self.parser.get_method().decode(), self.parser.get_http_version(), self.headers
        )
        if isinstance(upgrade, Refusal):
            self._write_and_close(upgrade.response())
            return
        if not self._origins.is_allowed(upgrade.origin, upgrade.host):
            self._refuse(HTTPStatus.FORBIDDEN, "This origin may not connect.")
            return
        subprotocol = choose_subprotocol(upgrade.offered, tuple(WEBSOCKET_FRAMES))
        if subprotocol is None:
            known = ", ".join(WEBSOCKET_FRAMES)
            self._refuse(HTTPStatus.BAD_REQUEST, f"Offer one of the subprotocols {known}.")
            return
        frames = WEBSOCKET_FRAMES[subprotocol]
        connection = WebSocketConnection(self._native, frames, self._reader_limits)
        transport = self.transport
        self._let_go()
        transport.set_protocol(connection)
        connection.open(transport, upgrade.response(subprotocol))
        if rest:
            connection.data_received(rest)

    def _let_go(self) -> None:
        """Leave no reference behind that would keep this object alive as long as the socket."""
        self._wheel.cancel(self)
        self.connections.discard(self)
        del self.parser, self.flow, self.scope, self.headers, self.cycle

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        cycle = self.cycle
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            # A second response inside the first would only confuse.
            self.transport.close()
            return
        body = text.encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self._write_and_close(head.encode() + body)

    def _write_and_close(self, response: bytes) -> None:
        self.connections.discard(self)
        self.transport.write(response)
        self.transport.close()
