"""What is not kept for ever: old events, where the operator wants that, and what is long gone.

One loop in each process; the steps are small, so sending goes on between them, and several
processes may do them at once. What happens to the devices that were away longer is said by
`im.changes` and `im.own`: they are told, and start anew.
"""

from __future__ import annotations

import asyncio

import structlog

from parlor.im.settings import ImSettings
from parlor.model.errors import ParlorError
from parlor.model.ids import ConversationId, UserId
from parlor.ports.changes import Retention
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.ports.self_log import SelfLog

log = structlog.get_logger()
_DAY_MS = 86_400_000


class Keeping:
    def __init__(
        self,
        retention: Retention,
        self_log: SelfLog,
        settings: ImSettings,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._retention = retention
        self._self_log = self_log
        self._settings = settings
        self._clock = clock
        self._meter = meter

    async def run(self) -> None:
        """Until cancelled. A round that fails is tried again with the next."""
        while True:
            await asyncio.sleep(self._settings.retention_every_s)
            try:
                await self.round()
            except ParlorError as failed:
                log.warning("retention_failed", code=failed.code)

    async def round(self) -> None:
        """Remove everything that is due now. Raises StorageFailed, Overloaded."""
        settings, now = self._settings, self._clock.unix_ms()
        forgotten = settings.retention_batch
        while forgotten == settings.retention_batch:
            forgotten = await self._self_log.forget_gone(
                now - int(settings.tombstone_days * _DAY_MS), settings.retention_batch
            )
            self._meter.count("im_entries_forgotten_total", forgotten)
        await self._fold_positions()
        if settings.audit_days:
            await self._forget_acts(now - int(settings.audit_days * _DAY_MS))
        if settings.retention_days:
            await self._trim_all(now - int(settings.retention_days * _DAY_MS))

    async def _trim_all(self, before_ms: int) -> None:
        after: ConversationId | None = None
        while True:
            step = await self._retention.trim(before_ms, after, self._settings.retention_batch)
            self._meter.count("im_events_removed_total", step.removed)
            after = step.after
            if after is None:
                return

    async def _forget_acts(self, before_ms: int) -> None:
        removed = self._settings.retention_batch
        while removed == self._settings.retention_batch:
            removed = await self._retention.forget_acts(before_ms, self._settings.retention_batch)
            self._meter.count("im_audit_entries_removed_total", removed)

    async def _fold_positions(self) -> None:
        after: UserId | None = None
        while True:
            step = await self._retention.fold_positions(after, self._settings.retention_batch)
            self._meter.count("im_positions_folded_total", step.removed)
            after = step.after
            if after is None:
                return
