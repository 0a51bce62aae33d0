"""The orderly end of a serving process: nothing new, what was begun, the state, good-bye.

The order is what keeps promises: whoever was answered must find the answer true at the next
process, so everything that accepts is closed before what it accepted is settled and handed over.
"""

from __future__ import annotations

import asyncio

import structlog

from parlor.boot.handover import Handover
from parlor.boot.server import Server
from parlor.gateway.drain import RESTART_S, drain

log = structlog.get_logger()


async def stop(
    server: Server, listeners: list[asyncio.Server], handover: Handover, limit_s: float
) -> None:
    """Returns when every connection has closed, or a little before `limit_s`.

    `listeners` are the web port's. Whether somebody takes over is `handover`'s to say.
    """
    log.info("stopping", limit_s=limit_s, successor=handover.has_successor)
    server.api.readiness.on_draining()
    # From here on the API refuses, on connections that are kept open too.
    answered = asyncio.ensure_future(server.api.in_flight.close())
    away_s = 0.0 if handover.has_successor else RESTART_S

    async def hand_over() -> None:
        try:
            async with asyncio.timeout(limit_s / 6):
                await answered
                await _settle(server)
        except TimeoutError:
            log.warning("handover_unsettled")
        if handover.has_successor:
            await handover.give(server.remembered.dump())

    try:
        async with asyncio.timeout(limit_s - 2 if limit_s > 4 else limit_s / 2):
            for listener in listeners:
                listener.close()
            await server.calls.stop()
            for door in server.doors:
                await door.drain()
            await drain(server.native, limit_s / 2, away_s=away_s, hand_over=hand_over)
    except TimeoutError:
        log.warning("drain_limit_reached")
    finally:
        answered.cancel()
        await server.people.presence.write()
    if server.tls is not None:
        server.tls.close()


async def _settle(server: Server) -> None:
    """All that was accepted is in a store, in a room's history, or in the readers' outboxes."""
    await server.durable.hand_over()
    await server.mailboxes.hand_over()
    await server.devices.delivered.tick()
    await server.rooms.flush()
    await server.deliver.settle()
