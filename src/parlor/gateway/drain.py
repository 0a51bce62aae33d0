"""Letting go of all connections before the process ends, without a storm afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from parlor.gateway.deliver import SLICE
from parlor.gateway.gateway import Gateway
from parlor.gateway.native import Native
from parlor.gateway.state.link import Link

log = structlog.get_logger()

RESTART_S = 1.0
"""How long nobody listens between the end of this process and the start of the next."""


async def drain(
    native: Native,
    limit_s: float,
    *,
    away_s: float = RESTART_S,
    hand_over: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Refuse what is new, answer what is in progress, tell everybody when to come back.

    Returns when the last connection has closed, or after `limit_s`, half of which requests may
    use. The caller stops listening first; `away_s` is how long until somebody listens again.
    `hand_over` runs when no request is in progress any more and everybody is still here. Doors'
    connections are links and are told as well.
    """
    gateway = native.gateway
    gateway.begin_drain(away_s=away_s)
    native.requests.draining = True
    log.info("drain_began", connections=gateway.hub.connections())
    try:
        async with asyncio.timeout(limit_s):
            try:
                async with asyncio.timeout(limit_s / 2):
                    await native.requests.wait_until_done()
            except TimeoutError:
                log.warning("drain_requests_left")
            if hand_over is not None:
                await hand_over()
            links = gateway.hub.all()
            told = [link for link in links if link.codec.tells_when]
            await _close(gateway, told, pause_s=0.0)
            untold = [link for link in links if not link.codec.tells_when]
            await _close(gateway, untold, pause_s=SLICE / gateway.settings.drain_returns_per_second)
            await gateway.deserted.wait()
    except TimeoutError:
        log.warning("drain_connections_left", connections=gateway.admission.total)


async def _close(gateway: Gateway, links: Sequence[Link], *, pause_s: float) -> None:
    """Send them away, in slices so that the loop does other things between. Those who come back
    when they like are let go at the pace at which they may come."""
    for start in range(0, len(links), SLICE):
        if start:
            await asyncio.sleep(pause_s)
        for link in links[start : start + SLICE]:
            link.close(gateway.come_back())
