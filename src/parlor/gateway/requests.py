"""From a request to its one answer: table lookup, parameters, deadline, errors to replies.

Owns what every request has in common. What is legal when belongs to `state.session`, what a
method does to the table of `gateway.methods`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from parlor.gateway.state.link import Link
from parlor.model.account import Identity
from parlor.model.errors import (
    AccountNeeded,
    DeadlineExceeded,
    Draining,
    Internal,
    ParlorError,
    UnknownMethod,
)
from parlor.ports.meter import Meter
from parlor.wire.native.codec import Codec, Request
from parlor.wire.native.methods import Params, Result

log = structlog.get_logger()


class Caller(Protocol):
    """The connection that asks."""

    link: Link
    codec: Codec
    identity: Identity | None
    """None until the hello has been accepted; always there for every other method."""

    def greet(self, identity: Identity, instance: str) -> None:
        """The hello is good: this is who speaks from now on. Puts the link into the hub."""

    def renew(self, identity: Identity) -> None:
        """The same user and device by a newer token."""

    def on_answer(self, id: int, answer: Result | ParlorError) -> None:
        """Reply, if the connection is still there. Called once for every request, but for those
        that `track` cancelled."""

    def track(self, task: asyncio.Future[None]) -> None:
        """Cancel `task` when the connection ends, and hold it until then."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A result, and what has to come right behind its reply: nothing else gets between the end
    of the handler, the reply and `follow`. `follow` may not raise."""

    result: Result
    follow: Callable[[], None]


Outcome = Result | Answered
Handler = Callable[[Caller, Params], Outcome | Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A method ready to be called. A handler that returns its result needs no task.

    `finishes`: once begun it runs to its end, whatever becomes of the connection or the
    deadline, since half of it (stored, not announced) is worth less than all.
    """

    params: type[Params]
    handler: Handler
    finishes: bool = False
    needs_account: bool = False
    """Not for users whom only a customer's token knows."""


class Requests:
    """Made inside the loop that runs them. After `deadline_s` a request is answered with
    `deadline_exceeded`."""

    def __init__(self, table: Mapping[str, Bound], meter: Meter, *, deadline_s: float) -> None:
        self._table = table
        self._meter = meter
        self._deadline_s = deadline_s
        # In the order of their deadlines, which is that of their coming: one timer is enough.
        self._running: dict[_Running, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.draining = False
        """Once set, every new request is refused; those in progress are answered."""

    def handle(self, caller: Caller, request: Request) -> None:
        """Answer `request`, now or from a task of its own; several of one caller run at once."""
        if self.draining:
            caller.on_answer(request.id, Draining(retry_after_s=1.0))
            return
        bound = self._table.get(request.method)
        if bound is None:
            caller.on_answer(request.id, UnknownMethod(f"There is no {request.method!r}."))
            return
        try:
            if bound.needs_account and not (caller.identity and caller.identity.has_account):
                raise AccountNeeded
            params = caller.codec.parse_params(request, bound.params)
            result = bound.handler(caller, params)
        except Exception as failure:
            caller.on_answer(request.id, self._refusal(request.method, failure))
            return
        if isinstance(result, Outcome):
            _answer(caller, request.id, result)
            return
        loop = self._loop
        late_at = loop.time() + self._deadline_s
        running = _Running(caller, request, result, bound.finishes, late_at)
        task = running.task = loop.create_task(self._run(running))
        self._running[running] = None
        if self._timer is None:
            self._timer = loop.call_at(late_at, self._on_time)
        self._is_idle.clear()
        task.add_done_callback(lambda _: self._on_done(running))
        if not bound.finishes:
            caller.track(task)

    @property
    def running(self) -> int:
        """Requests that have no answer yet."""
        return len(self._running)

    async def wait_until_done(self) -> None:
        """Until every request in progress has been answered, or run to its end unanswered."""
        await self._is_idle.wait()

    async def _run(self, running: _Running) -> None:
        """Answers in the step in which the work ends, before anything else may run."""
        request = running.request
        answer: Outcome | ParlorError
        try:
            answer = await running.work
        except Exception as failure:
            answer = self._refusal(request.method, failure)
        if not running.is_answered:
            running.is_answered = True
            _answer(running.caller, request.id, answer)

    def _on_time(self) -> None:
        """Answer those that are late, and come again for the first of the others."""
        self._timer = None
        for running in [each for each in self._running if not each.is_answered]:
            if self._loop.time() < running.late_at:
                self._timer = self._loop.call_at(running.late_at, self._on_time)
                return
            self._on_late(running)

    def _on_late(self, running: _Running) -> None:
        running.is_answered = True
        running.caller.on_answer(
            running.request.id, self._refusal(running.request.method, DeadlineExceeded())
        )
        if not running.finishes and running.task is not None:
            running.task.cancel()

    def _on_done(self, running: _Running) -> None:
        if isinstance(running.work, Coroutine):
            # Cancelled before its first step, it was never awaited.
            running.work.close()
        del self._running[running]
        if not self._running:
            self._is_idle.set()

    def _refusal(self, method: str, failure: BaseException) -> ParlorError:
        """What the client is told. Anything but a refusal is a fault of this program."""
        if not isinstance(failure, ParlorError):
            log.error("request_broke", method=method, exc_info=failure)
            failure = Internal()
        self._meter.count("requests_refused_total", code=failure.code)
        return failure


def _answer(caller: Caller, id: int, answer: Outcome | ParlorError) -> None:
    if isinstance(answer, Answered):
        caller.on_answer(id, answer.result)
        answer.follow()
    else:
        caller.on_answer(id, answer)


class _Running:
    """A request that somebody waits for."""

    __slots__ = ("caller", "finishes", "is_answered", "late_at", "request", "task", "work")

    def __init__(
        self,
        caller: Caller,
        request: Request,
        work: Awaitable[Outcome],
        finishes: bool,
        late_at: float,
    ) -> None:
        self.caller = caller
        self.request = request
        self.work = work
        self.task: asyncio.Future[None] | None = None
        self.finishes = finishes
        self.late_at = late_at
        self.is_answered = False
