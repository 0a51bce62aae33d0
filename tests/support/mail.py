"""Mailboxes without a disk, for gateways that need some."""

from __future__ import annotations

from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.mailbox import MemoryMailbox
from parlor.ports.bus import Bus
from parlor.ports.clock import Clock
from parlor.ports.presence import Presence
from parlor.push.mailboxes import Mailboxes
from parlor.push.settings import MailboxSettings
from tests.support.steady import CountingMeter, HandClock


def small_mailboxes(
    presence: Presence,
    bus: Bus | None = None,
    clock: Clock | None = None,
    settings: MailboxSettings | None = None,
) -> Mailboxes:
    settings = settings or MailboxSettings()
    store = MemoryMailbox(settings.limits())
    return Mailboxes(
        store, bus or MemoryBus(), presence, clock or HandClock(), CountingMeter(), settings
    )
