"""Coming back after a connection has ended, when the server wishes it and at its pace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from websockets.exceptions import InvalidHandshake

from parlor.client.connection import Connection, ConnectionClosed
from parlor.model.close import Close, CloseCode
from parlor.model.errors import ParlorError
from parlor.wire.native.methods import BackOff

BACK_OFF = BackOff(first_s=0.5, longest_s=30.0)
"""What holds until a server has said otherwise in its hello reply."""
_CUT = 1006


def wait_before(
    attempt: int, closed: ConnectionClosed | None, spread: float, told: BackOff = BACK_OFF
) -> float | None:
    """Seconds until attempt number `attempt` (from 0); None: do not come back.

    `closed` is how the last connection ended, None when it was never there; `spread` is a random
    number of [0, 1), so that clients do not all come at once.
    """
    if closed is not None and closed.code != _CUT:
        try:
            close = Close(CloseCode(closed.code))
        except ValueError:
            return None
        if not close.reconnect:
            return None
        if closed.after_s:
            return closed.after_s
    longest = min(told.longest_s, told.first_s * 2.0 ** min(attempt, 16))
    return longest * (0.5 + spread / 2)


async def stay_connected(
    connect: Callable[[], AbstractAsyncContextManager[Connection]],
) -> AsyncIterator[Connection]:
    """One greeted connection after the other, each yielded once it is there.

    The body of the loop uses the connection until ConnectionClosed or leaves the loop. Ends when
    the server says not to come back; raises what `connect` raises when a retry cannot help.
    """
    attempt, told = 0, BACK_OFF
    while True:
        closed: ConnectionClosed | None = None
        try:
            async with connect() as connection:
                attempt = 0
                if connection.welcome is not None:
                    told = connection.welcome.back_off
                yield connection
                await connection.wait_closed()
                closed = connection.closed
        except ConnectionClosed as ended:
            closed = ended
        except ParlorError as refusal:
            if not refusal.retry:
                raise
        except (OSError, InvalidHandshake, TimeoutError):
            closed = None
        wait_s = wait_before(attempt, closed, random.random(), told)
        if wait_s is None:
            return
        attempt += 1
        await asyncio.sleep(wait_s)
