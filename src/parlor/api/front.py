"""The outermost layer of HTTP: counts, holds back, tells pages from the API, adds headers.

Every request passes here once. What it refuses itself (an address that asks too much, a foreign
page) has the same error shape as everywhere. Called by uvicorn; calls Litestar, `webapp`, and
the links over HTTP that boot hands in.
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from parlor.api.answers import send_answer, send_error
from parlor.api.headers import SECURITY_HEADERS, RawHeaders, header
from parlor.api.in_force import InForce
from parlor.api.webapp import WebApp
from parlor.model.address import is_loopback, network_of
from parlor.model.errors import (
    Draining,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    ParlorError,
    RateLimited,
)
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.push.in_flight import InFlight

API_PREFIX = "/api/"
LINKS_PREFIX = "/http/"
DEBUG_PREFIX = "/debug/"
_PLAIN = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json", "/api", "/ws"})
_CLOSE = (b"connection", b"close")
_NO_STORE = (b"cache-control", b"no-store")


class Front:
    def __init__(
        self,
        api: ASGIApp,
        webapp: WebApp,
        in_force: InForce,
        clock: Clock,
        meter: Meter,
        in_flight: InFlight,
        *,
        limit_loopback: bool,
        links: ASGIApp | None = None,
    ) -> None:
        """`links` answers what is under LINKS_PREFIX; it may raise a ParlorError instead."""
        self._api = api
        self._links = links
        self._webapp = webapp
        self._clock = clock
        self._meter = meter
        self._in_flight = in_flight
        self._limit_loopback = limit_loopback
        self.in_force = in_force

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._api(scope, receive, send)
        elif (path := scope["path"]).startswith((API_PREFIX, DEBUG_PREFIX)) or path in _PLAIN:
            await self._answer_api(self._api, scope, receive, send)
        elif self._links is not None and path.startswith(LINKS_PREFIX):
            await self._answer_api(self._links, scope, receive, send)
        else:
            await self._answer_page(scope, send)

    async def _answer_api(
        self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        began = self._clock.now()
        origin = header(scope["headers"], b"origin")
        added = [*self._security(scope), *self.in_force.pages.leave(origin)]
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = message["headers"]
                # Only what never changes says for itself how long it may be kept.
                kept = [] if any(name == b"cache-control" for name, _ in said) else [_NO_STORE]
                message["headers"] = [*said, *added, *kept]
            await send(message)

        if scope["method"] == "OPTIONS" and (allowed := self.in_force.pages.preflight(origin)):
            await send_answer(send_with_headers, 204, allowed)
        elif refused := self._refusal(scope, origin, began):
            await send_error(send_with_headers, refused)
        else:
            try:
                if scope["path"].startswith(API_PREFIX):
                    with self._in_flight:
                        await app(scope, receive, send_with_headers)
                else:
                    await app(scope, receive, send_with_headers)
            except ParlorError as error:
                # The next try has to come by a new connection, which another process accepts.
                last = [_CLOSE] if isinstance(error, Draining) else None
                await send_error(send_with_headers, error, last)
        self._meter.count(
            "http_requests",
            route=str(scope.get("path_template", "none")),
            method=scope["method"] if scope.get("path_template") else "any",
            status=str(status),
        )
        if app is self._api:
            # A poll takes as long as there is nothing to say.
            self._meter.observe("http_seconds", self._clock.now() - began)

    async def _answer_page(self, scope: HTTPScope, send: Send) -> None:
        headers, security = scope["headers"], self._security(scope)
        if scope["method"] not in ("GET", "HEAD"):
            allow = (b"allow", b"GET, HEAD")
            await send_error(send, MethodNotAllowed(), [*security, _NO_STORE, allow])
            return
        page = self._webapp.answer(
            scope["path"],
            accept=header(headers, b"accept"),
            accept_encoding=header(headers, b"accept-encoding"),
            if_none_match=header(headers, b"if-none-match"),
        )
        if page is None:
            await send_error(send, NotFound(), [*security, _NO_STORE])
            return
        raw = [(name.encode(), value.encode()) for name, value in page.headers]
        body = b"" if scope["method"] == "HEAD" else page.body
        length = None if page.status == 304 else len(page.body)
        await send_answer(send, page.status, [*raw, *security], body, length=length)

    def _security(self, scope: HTTPScope) -> RawHeaders:
        return self.in_force.headers_over_tls if scope["scheme"] == "https" else SECURITY_HEADERS

    def _refusal(self, scope: HTTPScope, origin: str, now: float) -> ParlorError | None:
        is_link = scope["path"].startswith(LINKS_PREFIX)
        # Reading a link takes it away from whoever read it before.
        method = "POST" if is_link else scope["method"]
        if not self.in_force.pages.allows(method, origin, header(scope["headers"], b"host")):
            return Forbidden("Pages of this origin may not use this server.")
        client = scope.get("client")
        address = client[0] if client else ""
        if not (is_link or scope["path"].startswith((API_PREFIX, DEBUG_PREFIX))) or (
            is_loopback(address) and not self._limit_loopback
        ):
            return None
        if wait_s := self.in_force.address_paces.take_nowait(network_of(address), now):
            return RateLimited(retry_after_s=wait_s)
        return None
