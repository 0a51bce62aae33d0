"""Keeping the index of what was said up with the logs, behind those who say it.

One loop in each process, told by `note` which conversations have got something. It takes a batch
at a time and rests in between: nobody's message waits for the index. What a process that died had
not got to is found by looking through all conversations, at the start and then every now and then.
"""

from __future__ import annotations

import asyncio

import structlog

from parlor.im.search_settings import SearchSettings
from parlor.model.errors import ParlorError
from parlor.model.ids import ConversationId
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.ports.search import SearchIndex

log = structlog.get_logger()
LOOKED_THROUGH = 1_000
"""Conversations in one step of looking through all: some milliseconds."""
_AFTER_FAILURE_S = 5.0


class Indexing:
    def __init__(
        self, index: SearchIndex, settings: SearchSettings, clock: Clock, meter: Meter
    ) -> None:
        self._index = index
        self._settings = settings
        self._clock = clock
        self._meter = meter
        self._waiting: dict[ConversationId, float] = {}
        """When each was noted, the oldest first."""
        self._noted = asyncio.Event()
        self._look_through_at = 0.0
        self._stored = 0
        self._stored_since = clock.now()

    @property
    def waiting(self) -> int:
        """Conversations that are known to have something the index lacks."""
        return len(self._waiting)

    @property
    def lag_s(self) -> float:
        """For how long the longest of them has waited."""
        first = next(iter(self._waiting.values()), None)
        return 0.0 if first is None else max(0.0, self._clock.now() - first)

    def note(self, conversation: ConversationId) -> None:
        """Something was stored there. Costs a dictionary's entry; never waits or refuses."""
        self._stored += 1
        if conversation in self._waiting:
            return
        if len(self._waiting) >= self._settings.max_waiting:
            self._look_through_at = 0.0
        else:
            self._waiting[conversation] = self._clock.now()
        self._noted.set()

    async def run(self) -> None:
        """Until cancelled. What fails is tried again."""
        while True:
            began = self._clock.now()
            try:
                busy = await self.step()
            except ParlorError as failed:
                log.warning("indexing_failed", code=failed.code)
                await asyncio.sleep(_AFTER_FAILURE_S)
                continue
            if busy:
                await asyncio.sleep(self._rest_s(self._clock.now() - began))
            else:
                await self._wait_until_noted()

    def _rest_s(self, took_s: float) -> float:
        """Before the next batch. Whoever sends a lot goes first."""
        settings, now = self._settings, self._clock.now()
        may_be_stored = settings.busy_events_per_s * (now - self._stored_since)
        is_busy = self._stored > max(may_be_stored, 1)
        self._stored, self._stored_since = 0, now
        return settings.busy_rest_s if is_busy else took_s * (1 / settings.share - 1)

    async def step(self) -> bool:
        """Index one batch; whether there is more to do at once. Raises StorageFailed, Overloaded.

        What could not be indexed still waits.
        """
        settings = self._settings
        if not self._waiting and self._clock.now() >= self._look_through_at:
            await self._look_through()
        batch = list(self._waiting)[: settings.batch_conversations]
        if not batch:
            return False
        since = [self._waiting.pop(one) for one in batch]
        try:
            done = await self._index.add(batch, settings.batch_events)
        except ParlorError:
            # At their old places: the lag goes on counting.
            self._waiting = dict(zip(batch, since, strict=True)) | self._waiting
            raise
        self._meter.count("search_events_indexed_total", done.events)
        times = dict(zip(batch, since, strict=True))
        left = {one: times[one] for one in done.left}
        if left:
            # In front, so that the oldest is first; what was noted meanwhile is behind them.
            self._waiting = left | {k: v for k, v in self._waiting.items() if k not in left}
        return bool(self._waiting)

    async def _look_through(self) -> None:
        """Note all that are behind, as far as there is room."""
        after: ConversationId | None = None
        is_full = False
        while not is_full:
            page = await self._index.positions(after, LOOKED_THROUGH)
            for one in page:
                if one.indexed_seq < one.last_seq:
                    self.note(one.conversation)
            is_full = self.waiting >= self._settings.max_waiting
            if len(page) < LOOKED_THROUGH:
                break
            after = page[-1].conversation
        # With no room left, the others are found once these are done.
        wait_s = 0.0 if is_full else self._settings.look_through_s
        self._look_through_at = self._clock.now() + wait_s

    async def _wait_until_noted(self) -> None:
        """Or until it is time to look through all; then a little, to take more at once."""
        self._noted.clear()
        wait_s = max(0.0, self._look_through_at - self._clock.now())
        try:
            async with asyncio.timeout(wait_s):
                await self._noted.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._settings.collect_s)
