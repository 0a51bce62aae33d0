"""The short way for pushes: from an HTTP request to `routes.push` without Litestar in between.

A push costs Parlor some 30 µs and Litestar's routing, guards and models some 200, so the two
routes that programs call thousands of times a second are answered here: same checks in the same
order (key, size, shape), same errors, same replies. Everything else goes on to Litestar, which
also describes these routes. Called by `front`, which counts, holds back and adds headers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from parlor.api.answers import JSON, send_answer, send_error
from parlor.api.body import read_body
from parlor.api.headers import header
from parlor.api.identity import bearer_token
from parlor.api.in_force import InForce
from parlor.api.routes.push import NewBatch, NewPush, accept, accept_batch
from parlor.api.services import Services
from parlor.model.account import KeyGrant
from parlor.model.account import Scope as KeyScope
from parlor.model.errors import BadRequest, Internal, ParlorError

log = structlog.get_logger()

PUSH, BATCH = PATHS = ("/api/v1/push", "/api/v1/push/batch")


class _LooseBatch(msgspec.Struct, frozen=True):
    pushes: tuple[msgspec.Raw, ...]


_encode = msgspec.json.Encoder().encode
_parse_push = msgspec.json.Decoder(NewPush).decode
_parse_batch = msgspec.json.Decoder(NewBatch).decode
_parse_loose_batch = msgspec.json.Decoder(_LooseBatch).decode

T = TypeVar("T")
_Answer = Callable[[KeyGrant, bytes], Awaitable[msgspec.Struct]]


class FastPush:
    """An ASGI application in front of `rest`."""

    def __init__(self, rest: ASGIApp, services: Services, in_force: InForce) -> None:
        self._rest = rest
        self._services = services
        self._in_force = in_force
        self._answers: dict[str, _Answer] = {PUSH: self._push, BATCH: self._batch}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST":
            answer = self._answers.get(scope["path"])
            if answer is not None:
                await self._serve(scope, receive, send, answer)
                return
        await self._rest(scope, receive, send)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send, answer: _Answer) -> None:
        scope["path_template"] = scope["path"]
        headers = scope["headers"]
        try:
            key = bearer_token(header(headers, b"authorization"))
            grant = await self._services.keys.check(key, KeyScope.PUSH)
            length = header(headers, b"content-length")
            settings = self._in_force.settings
            is_batch = scope["path"] == BATCH
            max_bytes = settings.max_batch_bytes if is_batch else settings.max_body_bytes
            body = await read_body(receive, length, max_bytes, settings.body_timeout_s)
            reply = _encode(await answer(grant, body))
        except ParlorError as refused:
            await send_error(send, refused)
        except Exception as broken:
            log.error("request_failed", method="POST", route=scope["path"], exc_info=broken)
            await send_error(send, Internal())
        else:
            await send_answer(send, 202, [JSON], reply, length=len(reply))

    async def _push(self, grant: KeyGrant, body: bytes) -> msgspec.Struct:
        return await accept(self._services, grant, _parse(_parse_push, body))

    async def _batch(self, grant: KeyGrant, body: bytes) -> msgspec.Struct:
        pushes: tuple[NewPush | ParlorError, ...]
        try:
            pushes = _parse_batch(body).pushes
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # Some item does not fit: which ones, and what is wrong with each?
            pushes = tuple(map(_parsed, _parse(_parse_loose_batch, body).pushes))
        most = self._in_force.settings.max_batch_pushes
        return await accept_batch(self._services, grant, pushes, most)


def _parse(decode: Callable[[bytes | msgspec.Raw], T], body: bytes | msgspec.Raw) -> T:
    """Raises BadRequest, by the name of the field where JSON is sane."""
    try:
        return decode(body)
    except msgspec.ValidationError as wrong:
        raise BadRequest(_what_is_wrong(str(wrong))) from wrong
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise BadRequest("The body is not JSON that can be read.") from broken


def _parsed(item: msgspec.Raw) -> NewPush | ParlorError:
    try:
        return _parse(_parse_push, item)
    except BadRequest as wrong:
        return wrong


def _what_is_wrong(said: str) -> str:
    """msgspec's "Expected `str`, got `int` - at `$.to.room`" with the field first."""
    what, _, where = said.partition(" - at `$")
    field = where.strip("`.")
    return f"{field}: {what}" if field else what
