"""From a refusal to HTTP: the one error shape, for services' errors and Litestar's own alike.

Every reply that is not a success has the body `{"error": {"code", "message", "retry",
"retry_after_s"?}}`; codes and statuses are those of `model.errors`. Called by Litestar for
whatever a handler or its routing raises, and by `front` for what it refuses itself.
"""

from __future__ import annotations

import math

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from parlor.model.errors import (
    BadRequest,
    BodyTimedOut,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotFound,
    ParlorError,
    TooLarge,
    Unauthenticated,
)

_log = structlog.get_logger()
_MAX_MESSAGE_CHARS = 300
_BY_STATUS: dict[int, type[ParlorError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
}


class Refusal(msgspec.Struct, frozen=True):
    """Why it was refused. Compare `code`, show `message`.

    `retry`: the same request can succeed later, after `retry_after_s` seconds where given.
    """

    code: str
    message: str
    retry: bool
    retry_after_s: float | msgspec.UnsetType = msgspec.UNSET


class ErrorReply(msgspec.Struct, frozen=True):
    error: Refusal


def error_reply(error: ParlorError) -> ErrorReply:
    after_s = round(error.retry_after_s, 3) if error.retry_after_s else msgspec.UNSET
    return ErrorReply(Refusal(error.code, str(error), error.retry, after_s))


def error_headers(error: ParlorError) -> dict[str, str]:
    """Headers that go with `error`: when to come back, how to sign in, that the link ends.

    After a body that was not read to its end nothing further can be read from the link.
    """
    headers: dict[str, str] = {}
    if error.status in (429, 503):
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, TooLarge | BodyTimedOut):
        headers["connection"] = "close"
    return headers


def answer_error(
    request: Request[object, object, State], raised: Exception
) -> Response[ErrorReply]:
    """Litestar's handler for every exception. What nobody expected is logged here, once."""
    error = _as_refusal(raised)
    headers = error_headers(error)
    if isinstance(raised, HTTPException) and raised.headers and "allow" in raised.headers:
        headers["allow"] = raised.headers["allow"]
    if isinstance(error, Internal):
        _log.error(
            "request_failed",
            method=request.method,
            route=request.scope.get("path_template", ""),
            exc_info=raised,
        )
    return Response(error_reply(error), status_code=error.status, headers=headers)


def _as_refusal(raised: Exception) -> ParlorError:
    if isinstance(raised, ParlorError):
        return raised
    if isinstance(raised, HTTPException) and (kind := _BY_STATUS.get(raised.status_code)):
        return kind(_what_is_wrong(raised) if kind is BadRequest else "")
    return Internal()


def _what_is_wrong(raised: HTTPException) -> str:
    """The first thing that does not fit, by the field's name; Litestar lists all of them."""
    problems = raised.extra
    if not isinstance(problems, list) or not problems:
        return raised.detail[:_MAX_MESSAGE_CHARS]
    message = str(problems[0].get("message", ""))
    field = str(problems[0].get("key", ""))
    text = message if field in ("", "data") else f"{field}: {message}"
    return text[:_MAX_MESSAGE_CHARS]
