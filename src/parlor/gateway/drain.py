"""Letting go of all connections before the process ends, without a storm afterwards."""

from __future__ import annotations

import asyncio

import structlog

from parlor.gateway.deliver import SLICE
from parlor.gateway.native import Native

log = structlog.get_logger()


async def drain(native: Native, limit_s: float) -> None:
    """Refuse what is new, answer what is in progress, tell everybody when to come back.

    Returns when the last connection has closed, or after `limit_s`, half of which requests may
    use. The caller stops listening first. Doors' connections are links and are told as well.
    """
    gateway = native.gateway
    gateway.draining = True
    native.requests.draining = True
    log.info("drain_began", connections=gateway.hub.connections())
    try:
        async with asyncio.timeout(limit_s):
            try:
                async with asyncio.timeout(limit_s / 2):
                    await native.requests.wait_until_done()
            except TimeoutError:
                log.warning("drain_requests_left")
            links = gateway.hub.all()
            for start in range(0, len(links), SLICE):
                for link in links[start : start + SLICE]:
                    link.close(gateway.come_back())
                await asyncio.sleep(0)
            await gateway.deserted.wait()
    except TimeoutError:
        log.warning("drain_connections_left", connections=gateway.admission.total)
