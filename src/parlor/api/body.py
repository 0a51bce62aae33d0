"""Reading a request's body: not larger than allowed, not later than allowed.

Called by `request` for Litestar's handlers, by `fast_push` and for parts of files, all after it is
known who sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from litestar.types import Receive

from parlor.model.errors import BadRequest, BodyTimedOut, TooLarge

# A client that has begun to send reads no answer until it is done, and closing with bytes unread
# would reset the link under the answer (RFC 9112 §9.6); so a little too much is read and dropped.
_DROPPED_AT_MOST_BYTES = 4 * 1024 * 1024


async def read_body(receive: Receive, announced: str, max_bytes: int, timeout_s: float) -> bytes:
    """The whole body; `announced` is the header Content-Length as it came.

    Raises TooLarge, BodyTimedOut, BadRequest for none or a broken one.
    """
    try:
        async with asyncio.timeout(timeout_s):
            whole = await _read(receive, announced, max_bytes)
    except TimeoutError as late:
        raise BodyTimedOut from late
    if not whole:
        raise BadRequest("The request needs a body.")
    return whole


async def body_pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body as it comes, of any size; whoever reads it keeps the time.

    Raises BadRequest when the client goes away before its end.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise BadRequest("The connection ended before the body did.")
        more = message.get("more_body", False)
        if piece := message.get("body", b""):
            yield piece


async def _read(receive: Receive, announced: str, max_bytes: int) -> bytes:
    dropped_at_most = max(max_bytes, _DROPPED_AT_MOST_BYTES)
    if announced.isdecimal() and int(announced) > dropped_at_most:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BadRequest("The connection ended before the body did.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > dropped_at_most:
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
