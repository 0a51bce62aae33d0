"""The outermost layer of HTTP: counts, holds back, tells pages from the API, adds headers.

Every request passes here once. What it refuses itself (an address that asks too much, a foreign
page) has the same error shape as everywhere. Called by uvicorn; calls Litestar and `webapp`.
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from parlor.api.answers import send_answer, send_error
from parlor.api.headers import SECURITY_HEADERS, Pages, header
from parlor.api.limits import Paces
from parlor.api.settings import HttpSettings
from parlor.api.webapp import WebApp
from parlor.model.address import is_loopback, network_of
from parlor.model.errors import (
    Forbidden,
    MethodNotAllowed,
    NotFound,
    ParlorError,
    RateLimited,
)
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter

API_PREFIX = "/api/"
_PLAIN = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json", "/api", "/ws"})
_NO_STORE = (b"cache-control", b"no-store")


class Front:
    def __init__(
        self,
        api: ASGIApp,
        webapp: WebApp,
        settings: HttpSettings,
        clock: Clock,
        meter: Meter,
        *,
        limit_loopback: bool,
    ) -> None:
        self._api = api
        self._webapp = webapp
        self._clock = clock
        self._meter = meter
        self._limit_loopback = limit_loopback
        self._pages = Pages(settings.allowed_origins, settings.public_url)
        self._paces = Paces(settings.address_requests_per_second, settings.address_request_burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._api(scope, receive, send)
        elif (path := scope["path"]).startswith(API_PREFIX) or path in _PLAIN:
            await self._answer_api(scope, receive, send)
        else:
            await self._answer_page(scope, send)

    async def _answer_api(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        began = self._clock.now()
        origin = header(scope["headers"], b"origin")
        added = [*SECURITY_HEADERS, _NO_STORE, *self._pages.leave(origin)]
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        if scope["method"] == "OPTIONS" and (allowed := self._pages.preflight(origin)):
            await send_answer(send_with_headers, 204, allowed)
        elif refused := self._refusal(scope, origin, began):
            await send_error(send_with_headers, refused)
        else:
            await self._api(scope, receive, send_with_headers)
        self._meter.count(
            "http_requests",
            route=str(scope.get("path_template", "none")),
            method=scope["method"] if scope.get("path_template") else "any",
            status=str(status),
        )
        self._meter.observe("http_seconds", self._clock.now() - began)

    async def _answer_page(self, scope: HTTPScope, send: Send) -> None:
        headers = scope["headers"]
        if scope["method"] not in ("GET", "HEAD"):
            allow = (b"allow", b"GET, HEAD")
            await send_error(send, MethodNotAllowed(), [*SECURITY_HEADERS, _NO_STORE, allow])
            return
        page = self._webapp.answer(
            scope["path"],
            accept=header(headers, b"accept"),
            accept_encoding=header(headers, b"accept-encoding"),
            if_none_match=header(headers, b"if-none-match"),
        )
        if page is None:
            await send_error(send, NotFound(), [*SECURITY_HEADERS, _NO_STORE])
            return
        raw = [(name.encode(), value.encode()) for name, value in page.headers]
        body = b"" if scope["method"] == "HEAD" else page.body
        length = None if page.status == 304 else len(page.body)
        await send_answer(send, page.status, [*raw, *SECURITY_HEADERS], body, length=length)

    def _refusal(self, scope: HTTPScope, origin: str, now: float) -> ParlorError | None:
        if not self._pages.allows(scope["method"], origin, header(scope["headers"], b"host")):
            return Forbidden("Pages of this origin may not use this server.")
        client = scope.get("client")
        address = client[0] if client else ""
        if not scope["path"].startswith(API_PREFIX) or (
            is_loopback(address) and not self._limit_loopback
        ):
            return None
        if wait_s := self._paces.take_nowait(network_of(address), now):
            return RateLimited(retry_after_s=wait_s)
        return None
