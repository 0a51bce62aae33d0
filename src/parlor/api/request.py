"""A request as the handlers see it: who asks, the services, and a body within limits.

Owns reading a JSON body: not larger than allowed, not later than allowed, and hostile JSON gives
exactly one kind of error. Litestar calls `json` for every handler that takes `data`, after the
guards: nobody's body is read before it is known who sends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Receive, Scope, Send

from parlor.api.services import Services
from parlor.api.settings import HttpSettings
from parlor.model.account import Identity, KeyGrant
from parlor.model.errors import BadRequest, BodyTimedOut, TooLarge

# A client that has begun to send reads no answer until it is done, and closing with bytes unread
# would reset the link under the answer (RFC 9112 §9.6); so a little too much is read and dropped.
_DROPPED_AT_MOST_BYTES = 4 * 1024 * 1024


class ApiRequest(Request[Identity, KeyGrant, State]):
    """`user` is the Identity that the guard `signed_in` found, `auth` the KeyGrant of a key."""

    __slots__ = ("_whole",)

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._whole: bytes | None = None

    @property
    def services(self) -> Services:
        return cast("Services", self.app.state["services"])

    @property
    def settings(self) -> HttpSettings:
        return cast("HttpSettings", self.app.state["settings"])

    @property
    def description(self) -> bytes:
        """The OpenAPI document; made at the first call."""
        return cast("Callable[[], bytes]", self.app.state["description"])()

    @property
    def address(self) -> str:
        """Who asks, as the connection or a trusted proxy says (`gateway.counted_http`)."""
        return self.client.host if self.client else ""

    async def body(self) -> bytes:
        """The whole body. Raises TooLarge, BodyTimedOut, BadRequest for none or a broken one."""
        if self._whole is None:
            settings = self.settings
            try:
                async with asyncio.timeout(settings.body_timeout_s):
                    self._whole = await self._read(settings.max_body_bytes)
            except TimeoutError as late:
                raise BodyTimedOut from late
            if not self._whole:
                raise BadRequest("The request needs a JSON body.")
        return self._whole

    async def json(self) -> Any:
        """The body as plain values. Raises BadRequest for all that is not sane JSON."""
        try:
            return msgspec.json.decode(await self.body())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
            raise BadRequest("The body is not JSON that can be read.") from broken

    async def _read(self, max_bytes: int) -> bytes:
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > _DROPPED_AT_MOST_BYTES:
            raise TooLarge
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                raise BadRequest("The connection ended before the body did.")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > _DROPPED_AT_MOST_BYTES:
                raise TooLarge
            if size <= max_bytes:
                chunks.append(chunk)
            else:
                chunks.clear()
            if not message.get("more_body", False):
                break
        if size > max_bytes:
            raise TooLarge
        return b"".join(chunks)
