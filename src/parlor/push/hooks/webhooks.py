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
from parlor.push.hooks.tell import Receiver

_encode = msgspec.json.Encoder().encode


class Webhooks:
    """`run` must be running for anything to be told."""

    def __init__(
        self,
        receivers: Sequence[Receiver],
        asker: Asker,
        settings: WebhookSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._receivers = receivers
        self._asker = asker
        self._told = frozenset(settings.events)
        self._asked = frozenset(settings.ask) if settings.ask_url else frozenset[HookKind]()
        self._clock = clock
        self._entropy = entropy

    def tell_nowait(self, event: HookEvent) -> None:
        if not self._receivers or event.kind not in self._told:
            return
        # Encoded once, whatever the number of receivers.
        encoded = _encode(self._named(event))
        for receiver in self._receivers:
            receiver.queue.put_nowait(encoded)

    def asks(self, kind: HookKind) -> bool:
        return kind in self._asked

    async def ask(self, event: HookEvent) -> None:
        if event.kind in self._asked:
            await self._asker.ask(self._named(event))

    @property
    def waiting(self) -> int:
        """Events that wait for the receiver furthest behind."""
        return max((receiver.queue.waiting for receiver in self._receivers), default=0)

    @property
    def dropped(self) -> int:
        """Events that made place for newer ones, over all receivers."""
        return sum(receiver.queue.dropped for receiver in self._receivers)

    @property
    def open_questions(self) -> int:
        return self._asker.waiting

    @property
    def is_paused(self) -> bool:
        return self._asker.is_paused

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for receiver in self._receivers:
                tasks.create_task(receiver.run())

    async def wait_until_told(self, limit_s: float) -> None:
        """Until nothing waits any more, `limit_s` at most; for the end of the process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                for receiver in self._receivers:
                    await receiver.wait_until_told()

    def _named(self, event: HookEvent) -> HookEvent:
        name = self._entropy.token_bytes(12).hex()
        return msgspec.structs.replace(event, id=name, at=self._clock.unix_ms())
