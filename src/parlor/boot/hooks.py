"""Webhooks opened and hooked up, when the settings name any. aiohttp is imported only then."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlor.boot.accounts import AccountServices
from parlor.boot.config import Config
from parlor.drivers.memory.hook_queue import MemoryHookQueue
from parlor.gateway.gateway import Gateway
from parlor.gateway.hooked import tell_of_links
from parlor.push.hooks.ask import Asker
from parlor.push.hooks.settings import WebhookSettings
from parlor.push.hooks.tell import Receiver
from parlor.push.hooks.webhooks import Webhooks


async def open_hooks(
    config: Config, base: AccountServices, gateway: Gateway, stack: AsyncExitStack
) -> Webhooks | None:
    """None when there is nobody to tell or ask. The caller runs `Webhooks.run`."""
    settings = config.section("webhooks", WebhookSettings)
    if not settings.is_used:
        return None
    from parlor.drivers.webhooks import open_webhooks

    post = await stack.enter_async_context(open_webhooks())
    clock, entropy, meter = base.clock, base.entropy, base.meter
    receivers = [
        Receiver(url, MemoryHookQueue(settings.queue), post, settings, clock, entropy, meter)
        for url in settings.urls
    ]
    hooks = Webhooks(receivers, Asker(post, settings, clock, meter), settings, clock, entropy)
    gateway.hooks = hooks
    tell_of_links(gateway.hub, hooks)
    gauge = meter.gauge
    gauge("webhook_events_waiting", lambda: hooks.waiting, "Events for the slowest receiver.")
    gauge("webhook_queue_limit", lambda: settings.queue, "Events that may wait for one receiver.")
    gauge("webhook_events_dropped", lambda: hooks.dropped, "Events that made place for newer ones.")
    gauge("hook_questions_open", lambda: hooks.open_questions, "Questions without an answer yet.")
    gauge("hook_questions_limit", lambda: settings.ask_at_once, "Questions that may be open.")
    gauge("hook_paused", lambda: hooks.is_paused, "1 while nobody is asked for lack of answers.")
    return hooks
