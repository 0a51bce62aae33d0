"""How ended calls become events of their conversations, once each, whatever storage does.

Owns what is not stored yet and when to try again. The recorder must treat the same call id as
the same event: an attempt that timed out may have been stored after all.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog

from parlor.calls.settings import CallsSettings
from parlor.calls.state.call import Record
from parlor.model.errors import ParlorError
from parlor.model.event import CallRecord
from parlor.model.ids import CallId, ConversationId
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter

log = structlog.get_logger()
_ATTEMPT_LIMIT_S = 2.0


class Recorder(Protocol):
    """The conversation log, as calls need it (im.send.Send)."""

    async def record_call(self, conversation_id: ConversationId, record: CallRecord) -> object:
        """Store the event and announce it; the same `record.call_id` again is the same event."""


@dataclass(slots=True)
class _Waiting:
    record: Record
    due_at: float
    attempts: int = 0
    running: bool = False


class Outcomes:
    """Attempts follow each other at doubling intervals and end after `record_attempts`."""

    def __init__(
        self, recorder: Recorder, clock: Clock, meter: Meter, settings: CallsSettings
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._meter = meter
        self._settings = settings
        self._waiting: dict[CallId, _Waiting] = {}

    def add(self, record: Record) -> None:
        self._waiting[record.record.call_id] = _Waiting(record, due_at=self._clock.now())

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def store_due(self, *, at_once: bool = False) -> None:
        """Try what is due, side by side; `at_once` tries everything, whenever it is due.

        Returns after 2 s at the latest. Cancelled, it leaves what is not stored for next time.
        """
        now = self._clock.now()
        due = [
            each
            for each in self._waiting.values()
            if not each.running and (at_once or each.due_at <= now)
        ]
        for each in due:
            each.running = True
        try:
            async with asyncio.TaskGroup() as attempts:
                for each in due:
                    attempts.create_task(self._store(each))
        finally:
            # Here, not in the attempt: one that was cancelled before it began never runs.
            for each in due:
                each.running = False

    async def _store(self, waiting: _Waiting) -> None:
        record = waiting.record
        waiting.attempts += 1
        waiting.due_at = self._clock.now() + self._pause_s(waiting.attempts)
        try:
            async with asyncio.timeout(_ATTEMPT_LIMIT_S):
                await self._recorder.record_call(record.conversation_id, record.record)
        except TimeoutError:
            self._failed(waiting, "timeout", retry=True)
        except ParlorError as refused:
            self._failed(waiting, refused.code, retry=refused.retry)
        else:
            del self._waiting[record.record.call_id]

    def _pause_s(self, attempts: int) -> float:
        doubled = self._settings.record_backoff_s * 2.0 ** min(attempts - 1, 30)
        return min(doubled, self._settings.record_backoff_max_s)

    def _failed(self, waiting: _Waiting, reason: str, *, retry: bool) -> None:
        if retry and waiting.attempts < self._settings.record_attempts:
            return
        record = waiting.record.record
        del self._waiting[record.call_id]
        self._meter.count("calls_unrecorded_total")
        log.error(
            "call_not_recorded",
            call=record.call_id,
            conversation=waiting.record.conversation_id,
            outcome=record.outcome.value,
            attempts=waiting.attempts,
            reason=reason,
        )
