"""Webhooks as the gateway sees them (`ports.hooks.Hooks`); made by boot when configured."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec

from parlor.model.hook import HookEvent, HookKind
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.push.hooks.ask import Asker
from parlor.push.hooks.settings import WebhookSettings
from parlor.push.hooks.tell import Endpoint

_encode = msgspec.json.Encoder().encode


class Webhooks:
    """`run` must be running for anything to be told."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        asker: Asker,
        settings: WebhookSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._endpoints = endpoints
        self._asker = asker
        self._told = frozenset(settings.events)
        self._asked = frozenset(settings.ask) if settings.ask_url else frozenset[HookKind]()
        self._clock = clock
        self._entropy = entropy

    def tell_nowait(self, event: HookEvent) -> None:
        if not self._endpoints or event.kind not in self._told:
            return
        # Encoded once, whatever the number of endpoints.
        encoded = _encode(self._named(event))
        for endpoint in self._endpoints:
            endpoint.queue.put_nowait(encoded)

    def asks(self, kind: HookKind) -> bool:
        return kind in self._asked

    async def ask(self, event: HookEvent) -> None:
        if event.kind in self._asked:
            await self._asker.ask(self._named(event))

    @property
    def waiting(self) -> int:
        """Events that wait for the endpoint furthest behind."""
        return max((endpoint.queue.waiting for endpoint in self._endpoints), default=0)

    @property
    def dropped(self) -> int:
        """Events that made place for newer ones, over all endpoints."""
        return sum(endpoint.queue.dropped for endpoint in self._endpoints)

    @property
    def open_questions(self) -> int:
        return self._asker.waiting

    @property
    def is_paused(self) -> bool:
        return self._asker.is_paused

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for endpoint in self._endpoints:
                tasks.create_task(endpoint.run())

    async def wait_until_told(self, limit_s: float) -> None:
        """Until nothing waits any more, `limit_s` at most; for the end of the process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                for endpoint in self._endpoints:
                    await endpoint.wait_until_told()

    def _named(self, event: HookEvent) -> HookEvent:
        name = self._entropy.token_bytes(12).hex()
        return msgspec.structs.replace(event, id=name, at=self._clock.unix_ms())
