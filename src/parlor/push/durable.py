"""The durable queue: a push is accepted once the log has it, and delivered from there in order.

Owns the one worker that reads the log and how far it came. At least once: after a crash what was
delivered last is delivered again, with the same push id, by which receivers drop doubles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

import msgspec
import structlog

from parlor.model.errors import LogFull, ParlorError
from parlor.model.push import Push, Target, ToUsers
from parlor.ports.clock import Clock
from parlor.ports.log import Entry, Log
from parlor.ports.meter import Meter
from parlor.push.dispatch import Dispatch, is_mail
from parlor.push.in_flight import InFlight
from parlor.push.settings import DurableSettings
from parlor.push.traces import NO_TRACES, Traces

log = structlog.get_logger()

GROUP = "deliver"
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 5.0
SWEEP_EACH_S = 60.0
SWEEP_KEYS = 10_000
MAX_FAULTS = 3
"""How often a push may break the program before it is set aside."""

Work = Callable[[], Awaitable[None]]


class Job(msgspec.Struct, frozen=True):
    """One entry of the log."""

    to: Target
    push: Push


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Job)


class DurablePushes:
    """`run` must be running for anything to be delivered; accepting does not need it."""

    def __init__(
        self,
        pushes: Log,
        dispatch: Dispatch,
        clock: Clock,
        meter: Meter,
        settings: DurableSettings,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._log = pushes
        self._dispatch = dispatch
        self._clock = clock
        self._meter = meter
        self._settings = settings
        self._traces = traces
        self._arrived = asyncio.Event()
        self._done: int | None = None
        self._noted: int | None = None
        self._last = 0
        self._appends = InFlight()
        self._is_running = False
        self._has_ended = asyncio.Event()

    async def put(self, to: Target, push: Push, *, key: str, answer: bytes) -> bytes:
        """Return `answer` once the log has the push, or what was answered to this key first.

        An empty key is no key. Raises LogFull, StorageFailed, Overloaded, Draining: nothing was
        accepted.
        """
        body = _encode(Job(to, push))
        try:
            with self._appends:
                appended = await self._log.append(
                    body, self._clock.unix_ms(), key=key, answer=answer
                )
        except LogFull:
            self._meter.count("durable_refused_total")
            raise
        if appended.first is not None:
            return appended.first
        self._last = max(self._last, appended.position)
        self._meter.count("durable_accepted_total")
        self._traces.queued(push.id, appended.position)
        self._arrived.set()
        return answer

    async def run(self) -> None:
        """Deliver until cancelled or handed over; then note how far it came.

        Without `deliver` it only sweeps.
        """
        self._is_running = True
        sweep_at = self._clock.now()
        try:
            await self._until_stored(self._learn)
            while not self._appends.is_closed:
                self._arrived.clear()
                if self._clock.now() >= sweep_at:
                    sweep_at = self._clock.now() + SWEEP_EACH_S
                    await self._until_stored(self._sweep)
                if self._settings.deliver and await self.deliver_some():
                    continue
                try:
                    async with asyncio.timeout(max(0.0, sweep_at - self._clock.now())):
                        await self._arrived.wait()
                except TimeoutError:
                    continue
        finally:
            try:
                await self._note()
            except ParlorError as failed:
                # The last batch is delivered again then, which receivers know how to bear.
                log.warning("durable_store_failed", code=failed.code)
            self._has_ended.set()

    async def hand_over(self) -> None:
        """Accept and deliver nothing more: another process goes on with the same log."""
        await self._appends.close()
        self._arrived.set()
        if self._is_running:
            await self._has_ended.wait()

    @property
    def waiting(self) -> int:
        """Accepted and not yet delivered, as far as this process knows."""
        return self._last - (self._done or 0)

    async def deliver_some(self) -> bool:
        """One batch; False when nothing waits."""
        entries: Sequence[Entry] = ()

        async def read() -> None:
            nonlocal entries
            entries = await self._log.read(GROUP, self._done, self._settings.batch)

        await self._until_stored(read)
        jobs = [(entry, _parse(entry.body)) for entry in entries]
        for together, run in groupby(jobs, key=lambda job: _shares_a_commit(job[1])):
            # Mail is stored in the order in which it is handed over, so it need not wait for
            # the commit of the one before; everything else goes one after the other.
            some = list(run)
            steps = [some] if together else [[one] for one in some]
            for step in steps:
                await asyncio.gather(*(self._deliver(entry, job) for entry, job in step))
                self._done = step[-1][0].position
                self._last = max(self._last, self._done)
        await self._until_stored(self._note)
        return bool(entries)

    async def _deliver(self, entry: Entry, job: Job | None) -> None:
        """Returns when it was sent or set aside; never raises but to be cancelled."""
        if job is None:
            await self._set_aside(entry, "unreadable")
            return
        began = self._clock.now()
        wait_s, faults = FIRST_WAIT_S, 0
        while True:
            try:
                await self._dispatch.send(job.to, job.push, again=True)
                self._meter.count("durable_delivered_total")
                return
            except ParlorError as refusal:
                if not refusal.retry or self._clock.now() - began > self._settings.retry_for_s:
                    await self._set_aside(entry, refusal.code)
                    return
                await asyncio.sleep(max(refusal.retry_after_s, wait_s))
            except Exception as fault:
                faults += 1
                log.error("durable_push_broke", position=entry.position, exc_info=fault)
                if faults >= MAX_FAULTS:
                    await self._set_aside(entry, "fault")
                    return
                await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, 2 * wait_s)

    async def _set_aside(self, entry: Entry, reason: str) -> None:
        log.error("durable_push_set_aside", position=entry.position, reason=reason)
        self._meter.count("durable_set_aside_total", reason=reason)
        at_ms = self._clock.unix_ms()
        await self._until_stored(lambda: self._log.set_aside(entry.position, reason, at_ms))

    async def _learn(self) -> None:
        backlog = await self._log.backlog(GROUP)
        self._done = self._noted = backlog.done
        self._last = max(self._last, backlog.done + backlog.entries)

    async def _sweep(self) -> None:
        before_ms = self._clock.unix_ms() - int(self._settings.remember_s * 1000)
        await self._log.sweep(before_ms, SWEEP_KEYS)

    async def _note(self) -> None:
        if self._done is not None and self._done != self._noted:
            await self._log.acknowledge(GROUP, self._done)
            self._noted = self._done

    async def _until_stored(self, work: Work) -> None:
        """Try until the store takes it; there is nothing better to do without one."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await work()
            except ParlorError as failed:
                log.warning("durable_store_failed", code=failed.code)
                await asyncio.sleep(max(failed.retry_after_s, wait_s))
                wait_s = min(LONGEST_WAIT_S, 2 * wait_s)
            else:
                return


def _parse(body: bytes) -> Job | None:
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _shares_a_commit(job: Job | None) -> bool:
    return job is not None and isinstance(job.to, ToUsers) and is_mail(job.to, job.push)
