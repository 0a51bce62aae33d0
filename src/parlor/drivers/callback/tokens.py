"""One question to the customer's server for each token: who is it, and until when?

    POST url   {"token": "..."}
    200        {"sub": "ann", "expires_in_s": 600, "device"?, "name"?, "rooms"?, "publish"?,
                "token_id"?, "issued_at"?}
    401, 403   nobody

The header of `wire.webhook` tells the customer who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
import structlog

from parlor.drivers.callback.settings import CallbackSettings
from parlor.model.breaker import Breaker
from parlor.model.errors import AuthUnavailable, Unauthenticated
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.ports.tokens import Claims
from parlor.wire.webhook import SIGNATURE, sign

log = structlog.get_logger()

Post = Callable[[bytes, dict[str, str]], Awaitable[tuple[int, bytes]]]
"""Body and headers to (status, body). Raises PostFailed."""


class PostFailed(Exception):
    """No answer, a late one, or one that is too large."""


class Answer(msgspec.Struct, frozen=True):
    """Unknown fields are ignored, so that a customer may say more."""

    sub: str
    expires_in_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    issued_at: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    token_id: str = ""
    device: str = ""
    name: str = ""
    rooms: tuple[str, ...] | None = None
    publish: tuple[str, ...] | None = None


_answers = msgspec.json.Decoder(Answer)


class CallbackTokens:
    name = "callback"

    def __init__(self, post: Post, settings: CallbackSettings, clock: Clock, meter: Meter) -> None:
        self._post = post
        self._settings = settings
        self._clock = clock
        self._meter = meter
        self._breaker = Breaker(settings.failures, settings.pause_s)
        self._places = asyncio.Semaphore(settings.at_once)
        self.waiting = 0
        """Tokens that are being asked about, or wait to be."""

    def takes(self, token: str) -> bool:
        return True

    async def check(self, token: str) -> Claims:
        if self.waiting >= self._settings.at_once + self._settings.max_waiting:
            raise AuthUnavailable(retry_after_s=1.0)
        self.waiting += 1
        try:
            async with self._places:
                return await self._ask(token)
        finally:
            self.waiting -= 1

    async def _ask(self, token: str) -> Claims:
        wait_s = self._breaker.wait_s(self._clock.now())
        if wait_s:
            self._meter.count("auth_callbacks_total", result="paused")
            raise AuthUnavailable(retry_after_s=wait_s)
        body = msgspec.json.encode({"token": token})
        try:
            status, said = await self._post(body, self._headers(body))
            claims = self._read(status, said)
        except (PostFailed, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failed:
            self._breaker.on_done(self._clock.now(), answered=False)
            self._meter.count("auth_callbacks_total", result="failed")
            log.warning("auth_callback_failed", reason=str(failed)[:200])
            raise AuthUnavailable(retry_after_s=self._settings.pause_s) from failed
        self._breaker.on_done(self._clock.now(), answered=True)
        self._meter.count("auth_callbacks_total", result="yes" if claims else "no")
        if claims is None:
            raise Unauthenticated
        return claims

    def _read(self, status: int, said: bytes) -> Claims | None:
        if status in (401, 403):
            return None
        if status != 200:
            raise PostFailed(f"status {status}")
        answer = _answers.decode(said)
        lifetime_s = self._settings.max_lifetime_s
        if answer.expires_in_s is not None:
            lifetime_s = min(lifetime_s, answer.expires_in_s)
        return Claims(
            sub=answer.sub,
            expires_at=self._unix() + lifetime_s,
            issued_at=answer.issued_at,
            token_id=answer.token_id,
            device=answer.device,
            name=answer.name,
            rooms=answer.rooms,
            publish=answer.publish,
        )

    def _headers(self, body: bytes) -> dict[str, str]:
        signature = sign(self._settings.secret, int(self._unix()), body)
        return {"Content-Type": "application/json", SIGNATURE: signature}

    def _unix(self) -> float:
        return self._clock.unix_ms() / 1000
