"""Delivering events to one receiver: in order, signed, until they are taken or given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.hooks import HookFailed, HookPost, HookQueue
from parlor.ports.meter import Meter
from parlor.push.hooks.settings import WebhookSettings
from parlor.wire.webhook import DELIVERY, SIGNATURE, sign

log = structlog.get_logger()


class Receiver:
    """One URL and what waits for it. `run` must be running for anything to be delivered."""

    def __init__(
        self,
        url: str,
        queue: HookQueue,
        post: HookPost,
        settings: WebhookSettings,
        clock: Clock,
        entropy: Entropy,
        meter: Meter,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.queue = queue
        self._url = url
        self._post = post
        self._settings = settings
        self._clock = clock
        self._entropy = entropy
        self._meter = meter
        self._sleep = sleep
        self._dropped_told = 0
        self._settled = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self.deliver_next()

    async def deliver_next(self) -> None:
        """Wait for events and deliver one batch, or give it up."""
        settings, queue = self._settings, self.queue
        await queue.wait()
        if queue.waiting < settings.batch and settings.batch_wait_s:
            await self._sleep(settings.batch_wait_s)
        events = await queue.take(settings.batch)
        dropped = queue.dropped
        body = b'{"events":[%b],"dropped":%d}' % (b",".join(events), dropped - self._dropped_told)
        delivery = self._entropy.token_bytes(12).hex()
        for attempt in range(settings.attempts):
            if attempt:
                await self._sleep(self._pause_s(attempt))
            if await self._is_taken(body, delivery):
                self._meter.count("webhook_events_total", len(events), outcome="delivered")
                self._dropped_told = dropped
                break
        else:
            self._meter.count("webhook_events_total", len(events), outcome="given_up")
            log.warning("webhook_given_up", url=self._url, events=len(events))
        queue.done()
        self._settled.set()

    async def wait_until_told(self) -> None:
        """Until nothing waits, as long as `run` is running."""
        while self.queue.waiting:
            self._settled.clear()
            await self._settled.wait()

    async def _is_taken(self, body: bytes, delivery: str) -> bool:
        """Signed anew each time, so that a late try is no old message."""
        headers = {
            SIGNATURE: sign(self._settings.secret, self._clock.unix_ms() // 1_000, body),
            DELIVERY: delivery,
        }
        try:
            status, _ = await self._post.post(self._url, body, headers, self._settings.timeout_s)
        except HookFailed as failed:
            self._meter.count("webhook_posts_total", outcome="failed")
            log.info("webhook_failed", url=self._url, reason=str(failed))
            return False
        if 200 <= status < 300:
            self._meter.count("webhook_posts_total", outcome="taken")
            return True
        self._meter.count("webhook_posts_total", outcome="refused")
        log.info("webhook_refused", url=self._url, status=status)
        return False

    def _pause_s(self, attempt: int) -> float:
        """Between half and all of a time that doubles: receivers that come back are not met by
        everybody at once."""
        settings = self._settings
        doubled = settings.retry_first_s * 2.0 ** min(attempt - 1, 40)
        part = int.from_bytes(self._entropy.token_bytes(2), "big") / 65_536
        return min(doubled, settings.retry_longest_s) * (0.5 + part / 2)
