"""Opening a connection and saying hello."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from parlor.client.connection import Connection
from parlor.client.following import Following
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
    following: Following | None = None,
) -> AsyncIterator[Connection]:
    """A greeted connection to `ws://`, `wss://` (path included) or `tcp://host:port`.

    `token` None says no hello. `rooms` and those of `following` are joined by it; give the same
    `following` again to get what was missed between two connections. Raises OSError or what
    `websockets` raises when there is no connection, and Unauthenticated for a token that is no
    good.
    """
    transport: Transport
    if url.startswith("tcp:"):
        transport = await TcpTransport.open(url, max_bytes=MAX_MESSAGE_BYTES)
    else:
        transport = await WebSocketTransport.open(url, subprotocol, max_bytes=MAX_MESSAGE_BYTES)
    following = Following() if following is None else following
    for room in rooms:
        following.on_join(room)
    connection = Connection(transport, on_push, following)
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
                    since=following.since,
                )
            )
        yield connection
    finally:
        await connection.close()
        running.cancel()
        await asyncio.wait([running])
