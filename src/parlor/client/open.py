"""Opening a connection and saying hello."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from parlor.client.connection import Connection
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
    subprotocol: str = JSON_SUBPROTOCOL,
    on_push: Callable[[PushMessage], None] | None = None,
    received: Received | None = None,
) -> AsyncIterator[Connection]:
    """A greeted connection to `ws://`, `wss://` (path included) or `tcp://host:port`.

    `token` None says no hello. Hand the same `received` to each connection of a user, so that what
    comes again is not handed out again. Raises OSError or what `websockets` raises when there is no
    connection, and Unauthenticated for a token that is no good.
    """
    transport: Transport
    if url.startswith("tcp:"):
        transport = await TcpTransport.open(url, max_bytes=MAX_MESSAGE_BYTES)
    else:
        transport = await WebSocketTransport.open(url, subprotocol, max_bytes=MAX_MESSAGE_BYTES)
    connection = Connection(transport, on_push, received)
    running = asyncio.create_task(connection.run())
    try:
        if token is not None:
            await connection.hello(
                Hello(token, instance=instance, client="python", epoch=epoch, rooms=tuple(rooms))
            )
        yield connection
    finally:
        await connection.close()
        running.cancel()
        await asyncio.wait([running])
