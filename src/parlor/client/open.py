"""Opening a connection and saying hello."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from os import PathLike
from ssl import SSLContext, create_default_context

from parlor.client.connection import Connection, Resume
from parlor.client.following import Following
from parlor.client.received import Received
from parlor.client.transports import TcpTransport, Transport, WebSocketTransport
from parlor.wire.native.codec import JSON_SUBPROTOCOL, PushMessage
from parlor.wire.native.methods import Hello

MAX_MESSAGE_BYTES = 16 * 1024 * 1024


@asynccontextmanager
async def connect(
    url: str,
    token: str | None,
    *,
    instance: str = "",
    rooms: Sequence[str] = (),
    epoch: str = "",
    resume: Resume | None = None,
    subprotocol: str = JSON_SUBPROTOCOL,
    on_push: Callable[[PushMessage], None] | None = None,
    tls: SSLContext | str | PathLike[str] | None = None,
    following: Following | None = None,
    received: Received | None = None,
    tells_delivered: bool = True,
) -> AsyncIterator[Connection]:
    """A greeted connection to `ws://` or `wss://` (path included), `tcp://` or `tcps://host:port`,
    or over plain HTTP to `http+sse://host:port` or `http+poll://host:port` (with TLS:
    `https+sse`, `https+poll`).

    `token` None says no hello. `resume` remembers what the server gave to come back with, and is
    presented the next time: pass the same one to every connection of this user. `rooms` and those
    of `following` are joined by it; give the same `following` again to get what was missed between
    two connections, and the same `received`, so that what comes again is not handed out again.
    `tells_delivered`: those who write see that their messages have come. `tls` is for `wss` and
    `tcps`: a context, or the file of an authority to trust instead of the system's. Raises OSError
    (ssl.SSLError is one) or what `websockets` raises when there is no connection, and
    Unauthenticated for a token that is no good.
    """
    transport: Transport
    context = _context(url, tls)
    if url.startswith(("tcp:", "tcps:")):
        transport = await TcpTransport.open(url, max_bytes=MAX_MESSAGE_BYTES, context=context)
    elif url.startswith(("http+", "https+")):
        # aiohttp takes a tenth of a second to import.
        from parlor.client.http_transport import HttpTransport

        transport = HttpTransport.open(url, max_bytes=MAX_MESSAGE_BYTES, context=context)
    else:
        transport = await WebSocketTransport.open(
            url, subprotocol, max_bytes=MAX_MESSAGE_BYTES, context=context
        )
    following = Following() if following is None else following
    for room in rooms:
        following.on_join(room)
    connection = Connection(
        transport, on_push, resume, following, received, tells_delivered=tells_delivered
    )
    running = asyncio.create_task(connection.run())
    try:
        if token is not None:
            await connection.hello(
                Hello(
                    token,
                    instance=instance,
                    client="python",
                    epoch=epoch,
                    rooms=following.rooms,
                    resume=resume.ticket if resume else "",
                    since=following.since,
                )
            )
        yield connection
    finally:
        await connection.close()
        running.cancel()
        await asyncio.wait([running])


def _context(url: str, tls: SSLContext | str | PathLike[str] | None) -> SSLContext | None:
    """None for a URL without TLS."""
    if not url.startswith(("wss:", "tcps:", "https+")):
        return None
    return tls if isinstance(tls, SSLContext) else create_default_context(cafile=tls)
