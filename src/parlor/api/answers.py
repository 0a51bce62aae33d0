"""Answering without Litestar: a response of known length, a refusal in the one error shape."""

from __future__ import annotations

import msgspec
from litestar.types import Send

from parlor.api.errors import error_headers, error_reply
from parlor.api.headers import RawHeaders
from parlor.model.errors import ParlorError

JSON = (b"content-type", b"application/json")


async def send_error(send: Send, error: ParlorError, headers: RawHeaders | None = None) -> None:
    more = [(name.encode(), value.encode()) for name, value in error_headers(error).items()]
    body = msgspec.json.encode(error_reply(error))
    await send_answer(send, error.status, [JSON, *more, *(headers or [])], body, length=len(body))


async def send_answer(
    send: Send, status: int, headers: RawHeaders, body: bytes = b"", *, length: int | None = None
) -> None:
    """`length` is told where the body does not show it (HEAD); None leaves it out."""
    sized = [] if length is None else [(b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *sized]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
