"""Serving the door's HTTP port: uvicorn's HTTP/1.1 inside the running loop, with limits on heads.

uvicorn waits for ever for the rest of a request's head and takes one of any length; both end
here. Bodies are `http`'s.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import uvicorn
from uvicorn.server import ServerState

from parlor.gateway.counted_http import CountedHttp
from parlor.gateway.gateway import Gateway
from parlor.model.errors import ParlorError

DRAIN_S = 5.0
MAX_CONNECTIONS = 1000
"""Beyond it requests are answered 503."""
MAX_HEAD_BYTES = 1 << 17
"""Request line and headers; `httptools` itself takes no more than 64 KiB of query."""


class _Http(CountedHttp):
    """Closes a connection whose request head is too long or takes too long."""

    def __init__(
        self,
        gateway: Gateway,
        address: str,
        config: uvicorn.Config,
        state: ServerState,
        head_timeout_s: float,
    ) -> None:
        super().__init__(gateway, address, config=config, server_state=state, app_state={})
        self._head_timeout_s = head_timeout_s
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._is_in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not transport.is_closing():
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self._is_in_body:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        if self._head_timer is None:
            self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_done()
        self._is_in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_in_body = False
        self._head_bytes = 0
        super().on_message_complete()

    def refusal_body(self, error: ParlorError, after_s: float) -> bytes:
        return msgspec.json.encode({"code": -error.status, "message": str(error)})

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_timeout_s, self.transport.close)

    def _head_done(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class HttpServer:
    """One ASGI application; the listening socket is the caller's, and so are signals."""

    def __init__(
        self,
        app: Any,
        gateway: Gateway,
        *,
        head_timeout_s: float,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._gateway = gateway
        self._head_timeout_s = head_timeout_s
        self._config = uvicorn.Config(
            app,
            http=_Http,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            limit_concurrency=max_connections,
        )
        self._config.load()
        self._state = ServerState()

    def make_protocol(self, *, address: str = "") -> asyncio.Protocol:
        """For each accepted connection; `address` as in `CountedHttp`. Must be called inside the
        loop."""
        return _Http(self._gateway, address, self._config, self._state, self._head_timeout_s)

    async def drain(self) -> None:
        """Close idle connections and wait for the requests that run, DRAIN_S at the most."""
        for connection in tuple(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=DRAIN_S)

    async def close(self) -> None:
        """Cut off whatever is left."""
        tasks = tuple(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in tuple(self._state.connections):
            connection.transport.abort()
