"""goim's HTTP API as a bare ASGI application: requests, keys, limits, envelopes.

Meaning is in `routes`. Answers are goim's: status 200 and `{"code", "message", "data"}`, also for
a push that failed; status 400 and code -400 for a query that does not fit. What goim does not
have is told by HTTP's own status and the same envelope: 401, 403 and 429 for keys, 403 for pages,
404, 405, 408, 413.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from email.utils import formatdate
from typing import Any, Protocol

import msgspec

from parlor.doors.goim.parameters import BadParameter, Parameters
from parlor.doors.goim.routes import Data, Route
from parlor.model.account import KeyGrant, Scope
from parlor.model.errors import OverQuota, ParlorError, Unauthenticated
from parlor.model.origins import Origins
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter

# ASGI's own types; messages are dicts of anything by its specification.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]

_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
]
_encode = msgspec.json.Encoder().encode


class KeyCheck(Protocol):
    """`accounts.keys.ApiKeys` as this door sees it."""

    async def check(self, key: str, scope: Scope) -> KeyGrant:
        """Raises Unauthenticated, Forbidden or OverQuota."""

    def spend(self, grant: KeyGrant, messages: int) -> None:
        """Raises OverQuota."""


class _Answer(Exception):
    """Stop here and answer this."""

    def __init__(
        self, status: int, code: int, message: str, headers: Headers | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or []


class _Gone(Exception):
    """The client went away before its request was whole: there is nobody to answer."""


class GoimHttp:
    """`keys` None lets everybody push: the `open` mode, whose ports are loopback only."""

    def __init__(
        self,
        table: Mapping[str, Route],
        keys: KeyCheck | None,
        clock: Clock,
        meter: Meter,
        *,
        max_body_bytes: int,
        body_timeout_s: float,
        origins: Origins | None = None,
    ) -> None:
        self._table = table
        self._keys = keys
        self._clock = clock
        self._meter = meter
        self._max_body_bytes = max_body_bytes
        self._body_timeout_s = body_timeout_s
        self._origins = origins

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"The goim HTTP port does not speak {scope['type']}.")
        origin = _header(scope, b"origin")
        leave = self._leave(origin)
        if scope["method"] == "OPTIONS" and leave:
            await send(
                {"type": "http.response.start", "status": 204, "headers": _PREFLIGHT + leave}
            )
            await send({"type": "http.response.body"})
            return
        try:
            self._check_page(scope, origin)
            data = await self._data(scope, receive)
            status, code, message = 200, 0, ""
        except _Gone:
            return
        except _Answer as answer:
            status, code, message, data = answer.status, answer.code, str(answer), None
            leave = leave + answer.headers
        self._meter.count("goim_http_requests_total", code=str(code))
        await _send_answer(send, status, code, message, data, self._clock.unix_ms(), leave)

    def _leave(self, origin: str | None) -> Headers:
        """Headers that let a page of another host read the answer (Fetch §3.2)."""
        if self._origins is None or origin is None or not self._origins.is_listed(origin):
            return []
        if self._origins.has_any:
            return [(b"access-control-allow-origin", b"*")]
        return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")]

    def _check_page(self, scope: Message, origin: str | None) -> None:
        """A page that was not named may look, which its browser keeps from it, and not push."""
        if self._origins is None or scope["method"] == "GET":
            return
        if not self._origins.is_allowed(origin, _header(scope, b"host")):
            raise _Answer(403, -403, "pages of this origin may not push")

    async def _data(self, scope: Message, receive: Receive) -> Data:
        route = self._table.get(scope["path"])
        if route is None:
            raise _Answer(404, -404, "there is no such route")
        if scope["method"] != route.method:
            raise _Answer(405, -405, f"this route takes {route.method}")
        if not route.public:
            await self._check_key(scope)
        try:
            query = Parameters(scope["query_string"])
            body = await self._body(scope, receive) if route.method == "POST" else b""
            return await route.handle(query, body)
        except BadParameter as wrong:
            raise _Answer(400, -400, str(wrong)) from wrong
        except ParlorError as refused:
            message = "" if route.failed_code == -400 else str(refused)
            raise _Answer(200, route.failed_code, message) from refused

    async def _check_key(self, scope: Message) -> None:
        if self._keys is None:
            return
        try:
            grant = await self._keys.check(_bearer(scope), Scope.PUSH)
            if scope["method"] == "POST":
                self._keys.spend(grant, 1)
        except OverQuota as refused:
            after_s = max(1, math.ceil(refused.retry_after_s))
            raise _Answer(429, -429, str(refused), [(b"retry-after", b"%d" % after_s)]) from refused
        except Unauthenticated as refused:
            raise _Answer(401, -401, "a key is needed: Authorization: Bearer KEY") from refused
        except ParlorError as refused:
            raise _Answer(refused.status, -refused.status, str(refused)) from refused

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        """Any bytes of any content type, whole; refused as soon as it is known to be too long."""
        for name, value in scope["headers"]:
            if name == b"content-length" and int(value) > self._max_body_bytes:
                raise _Answer(413, -413, f"a push has at most {self._max_body_bytes} bytes")
        parts = bytearray()
        try:
            async with asyncio.timeout(self._body_timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    parts += message.get("body", b"")
                    if len(parts) > self._max_body_bytes:
                        raise _Answer(413, -413, f"a push has at most {self._max_body_bytes} bytes")
                    if not message.get("more_body", False):
                        return bytes(parts)
        except TimeoutError as late:
            raise _Answer(408, -408, "the body did not arrive in time") from late


def _bearer(scope: Message) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, key = bytes(value).decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                return key.strip()
    raise Unauthenticated


def _header(scope: Message, name: bytes) -> str | None:
    found = (value for key, value in scope["headers"] if key == name)
    return next((bytes(value).decode("latin-1") for value in found), None)


async def _send_answer(
    send: Send, status: int, code: int, message: str, data: Data, at_ms: int, more: Headers
) -> None:
    """`message` is always there, `data` only when there is some (goim §2.8)."""
    envelope: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        envelope["data"] = data
    body = _encode(envelope)
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"date", formatdate(at_ms / 1000, usegmt=True).encode()),
        *more,
    ]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status in (408, 413):
        # The rest of the body may still come; it is not to be read as the next request.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
