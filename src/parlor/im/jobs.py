"""What happens to messages when their time has come: scheduled ones are sent, expiring ones go.

One loop in each process. It sleeps until the next is due, and looks at least each `job_poll_s`
for what another process has taken in. Both jobs may run in many processes at once.
"""

from __future__ import annotations

import asyncio

import structlog

from parlor.im.message_settings import MessageSettings
from parlor.im.schedule import Schedules
from parlor.model.errors import ParlorError
from parlor.ports.clock import Clock
from parlor.ports.message_states import MessageStates
from parlor.ports.meter import Meter

log = structlog.get_logger()
SHORTEST_WAIT_S = 0.02
"""What is due nearly at once is done together."""


class MessageJobs:
    def __init__(
        self,
        schedules: Schedules,
        states: MessageStates,
        settings: MessageSettings,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._schedules = schedules
        self._states = states
        self._settings = settings
        self._clock = clock
        self._meter = meter

    async def run(self) -> None:
        """Until cancelled. What is under way then is finished by the next process."""
        while True:
            try:
                wait_s = await self.step()
            except ParlorError as failed:
                log.warning("message_jobs_failed", code=failed.code)
                wait_s = self._settings.job_poll_s
            if wait_s > 0:
                try:
                    async with asyncio.timeout(wait_s):
                        await self._schedules.changed.wait()
                except TimeoutError:
                    pass

    async def step(self) -> float:
        """Do what is due, one batch of each; the seconds until there may be more.

        Raises StorageFailed, Overloaded.
        """
        settings = self._settings
        self._schedules.changed.clear()
        now = self._clock.unix_ms()
        sent = await self._schedules.send_due()
        gone = await self._states.expire(now, settings.job_batch)
        self._meter.count("im_expired_total", gone)
        if max(sent, gone) >= settings.job_batch:
            return 0.0
        times = (await self._schedules.next_at_ms(), await self._states.next_expiry_ms())
        due = [(at_ms - self._clock.unix_ms()) / 1000 for at_ms in times if at_ms is not None]
        return min([settings.job_poll_s, *(max(SHORTEST_WAIT_S, wait_s) for wait_s in due)])
