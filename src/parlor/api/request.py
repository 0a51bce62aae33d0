"""A request as the handlers see it: who asks, the services, and a body within limits.

Owns reading a JSON body (`body` has the limits): hostile JSON gives exactly one kind of error.
Litestar calls `json` for every handler that takes `data`, after the guards: nobody's body is
read before it is known who sends it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Receive, Scope, Send

from parlor.api.body import read_body
from parlor.api.in_force import InForce
from parlor.api.services import Services
from parlor.api.settings import HttpSettings
from parlor.model.account import Identity, KeyGrant
from parlor.model.errors import BadRequest


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
        return cast("InForce", self.app.state["in_force"]).settings

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
            self._whole = await read_body(
                self.receive,
                self.headers.get("content-length", ""),
                settings.max_body_bytes,
                settings.body_timeout_s,
            )
        return self._whole

    async def json(self) -> Any:
        """The body as plain values. Raises BadRequest for all that is not sane JSON."""
        try:
            return msgspec.json.decode(await self.body())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
            raise BadRequest("The body is not JSON that can be read.") from broken
