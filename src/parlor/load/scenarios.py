"""What each scenario does, from the first connection to its figures."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import msgspec

from parlor.load.crew import Crew, Process
from parlor.load.figures import Figure, rounded
from parlor.load.histogram import Histogram
from parlor.load.observed import Observed
from parlor.load.people import Rest, RestFailed, pair_up, sign_up
from parlor.load.plan import Plan
from parlor.load.publisher import Audience, Do, Order, Pushed
from parlor.load.results import (
    connections_figure,
    deliveries_figure,
    generator_figure,
    send_figures,
    server_figures,
)
from parlor.load.senders import Talk, Talked
from parlor.load.verdict import most_common
from parlor.load.watch import Lost, Stopped, Watch
from parlor.load.wish import Report, Seen, Wish

OPEN_LIMIT_S = 120.0
LAST_LIMIT_S = 10.0
BACKLOG_LIMIT_S = 5.0
"""For pushes that were due in time and could not leave; then they are given up."""
LOOK_S = 0.05
QUIET_S = 2.0
"""After this long without a delivery nothing more is waited for."""
CHURNING, MIXED_SLOW = 0.1, 0.02
"""Of the connections of `mixed`."""
_NATIVE_ROOM, _GOIM_ROOM = "bench", "live://bench"


@dataclass
class Run:
    """One scenario being run. `figures` may be asked for at any time, also after it was broken
    off: they are of what was done until then."""

    plan: Plan
    watch: Watch
    stack: ExitStack
    crews: list[Crew] = field(default_factory=list)
    publisher: Process | None = None
    pushed: Pushed = field(default_factory=Pushed)
    server: Observed = field(default_factory=lambda: Observed(None))
    entering: Histogram = field(default_factory=Histogram)
    began: float = 0.0
    reports: list[Report] = field(default_factory=list)

    def gather(self, **more: object) -> Crew:
        """Open connections and wait until they are there. Raises Lost when nobody is let in."""
        plan = self.plan
        wish = Wish(plan.target, plan.connections, tokens=plan.tokens, per_s=plan.coming_per_s)
        wish = msgspec.structs.replace(wish, **more)
        crew = self.stack.enter_context(Crew(wish, min(plan.processes, wish.count)))
        self.crews.append(crew)
        end = time.monotonic() + OPEN_LIMIT_S
        if plan.coming_per_s:
            end += wish.count / plan.coming_per_s
        while True:
            seen = crew.seen()
            self.watch.show("connecting", seen, self.pushed, self.server)
            if seen.open >= wish.count or not seen.waiting or time.monotonic() > end:
                break
            self.watch.rest()
        if not seen.open:
            raise Lost(f"nobody was let in: {most_common(seen.refused) or 'no answer'}")
        if not wish.slow_each_s:
            crew.beat(wish.count / plan.heartbeat_s)
        return crew

    def mark(self) -> None:
        """What is measured begins here."""
        for crew in self.crews:
            self.entering.merge(crew.report().entering)
        self.server.mark()
        self.began = time.monotonic()

    def push_to(self, crew: Crew) -> None:
        """Push at the plan's rate for its time; returns when no more deliveries come."""
        plan = self.plan
        audiences = tuple(Audience(*item) for item in sorted(crew.members().items()))
        at = plan.push_target
        order = Order(
            at.host, at.port, plan.protocol, plan.key, audiences, plan.rate, plan.payload,
            plan.links, plan.seconds, at.tls, at.authority,
        )  # fmt: skip
        self.publisher = Process("parlor.load.publisher", order)
        self.stack.callback(self.publisher.close)
        self._take(self.publisher.take(Pushed))
        self.mark()
        self._take(self.publisher.ask(Do("start"), Pushed))
        self.keep_on("pushing", plan.seconds)
        end = time.monotonic() + BACKLOG_LIMIT_S
        while not self.pushed.done and time.monotonic() < end:
            self.keep_on("pushing", LOOK_S)
        self._take(self.publisher.ask(Do("stop"), Pushed))
        self.wait_for(crew, self.pushed.expected)

    def keep_on(self, phase: str, for_s: float) -> None:
        """Until the time is over. Raises Lost when the server is gone, Stopped when asked to."""
        end = time.monotonic() + for_s
        while time.monotonic() < end:
            if self.publisher is not None:
                self._take(self.publisher.ask(Do("seen"), Pushed))
            self._look(phase)
            self.watch.rest()

    def figures(self) -> Iterator[Figure]:
        """Of all crews, the first of which is the one that was measured."""
        if not self.crews:
            return
        plan, elapsed_s = self.plan, max(1e-9, time.monotonic() - self.began)
        if self.publisher is not None and not self.pushed.lost:
            self._take(self.publisher.ask(Do("stop"), Pushed), quietly=True)
        reports = self.reports = [crew.report() for crew in self.crews]
        arrived = 0
        if self.publisher is not None:
            yield deliveries_figure(plan, reports[0], self.pushed, elapsed_s)
            arrived = reports[0].messages
        asked = sum(crew.wish.count for crew in self.crews)
        yield connections_figure(plan, reports, asked, self.entering)
        yield from server_figures(plan, self.server, reports[0].open, arrived)
        yield generator_figure(plan, reports, self.pushed)

    def _look(self, phase: str) -> None:
        seen = [crew.seen() for crew in self.crews]
        self.watch.show(phase, seen[0], self.pushed, self.server)
        if seen[0].closed and not seen[0].open and not self.crews[0].wish.come_back:
            why = most_common(seen[0].closings)
            raise Lost(f"the server went away: all {seen[0].closed} connections ended, {why}")

    def _take(self, pushed: Pushed, *, quietly: bool = False) -> None:
        self.pushed = pushed
        if pushed.lost and not quietly:
            raise Lost(f"the server went away: pushing: {pushed.lost}")

    def wait_for(self, crew: Crew, expected: float) -> None:
        """Until so many deliveries arrived, or none for a while."""
        now = time.monotonic()
        end, quiet, before = now + LAST_LIMIT_S, now + QUIET_S, -1
        while time.monotonic() < min(end, quiet):
            seen = crew.seen()
            if seen.messages >= expected:
                return
            if seen.bytes > before:
                quiet, before = time.monotonic() + QUIET_S, seen.bytes
            self._look("arriving")
            self.watch.rest()


def push(run: Run) -> Iterator[Figure]:
    """Everybody in one room, or in as many as are wanted."""
    run.push_to(run.gather(room=_room(run.plan), rooms=run.plan.rooms))
    yield from run.figures()


def slow(run: Run) -> Iterator[Figure]:
    """Some of the readers hardly read. What is measured is the others."""
    plan = run.plan
    few = max(1, round(plan.connections * plan.slow))
    if few >= plan.connections:
        raise ValueError(f"--slow {plan.slow:g}: nobody is left to be measured")
    room, rooms = _room(plan), plan.rooms
    quick = run.gather(count=plan.connections - few, room=room, rooms=rooms)
    run.gather(
        count=few, first=quick.wish.count, room=room, rooms=rooms, slow_each_s=plan.slow_each_s
    )
    run.push_to(quick)
    yield from _with_slow(run, run.figures())


def mixed(run: Run) -> Iterator[Figure]:
    """Rooms that are pushed to, people who come and go, and a few who hardly read."""
    plan = run.plan
    churning = max(1, round(plan.connections * CHURNING))
    few = max(1, round(plan.connections * MIXED_SLOW))
    steady = plan.connections - churning - few
    if steady < 1:
        raise ValueError(f"--connections {plan.connections}: too few to mix")
    room, rooms = _room(plan), min(plan.rooms, steady)
    quick = run.gather(count=steady, room=room, rooms=rooms)
    run.gather(count=few, first=steady, room=room, rooms=rooms, slow_each_s=plan.slow_each_s)
    comers = run.gather(count=churning, first=steady + few)
    comers.churn(churning * CHURNING)
    run.push_to(quick)
    yield from _with_slow(run, run.figures())


def idle(run: Run) -> Iterator[Figure]:
    """They are there, and send their heartbeats."""
    run.gather()
    run.mark()
    run.keep_on("holding", run.plan.seconds)
    yield from run.figures()


def churn(run: Run) -> Iterator[Figure]:
    """So many a second leave and others come in their place."""
    plan = run.plan
    if not plan.rate:
        raise ValueError("--rate 0: nobody comes or goes")
    crew = run.gather()
    run.mark()
    before = crew.seen().entered
    crew.churn(plan.rate)
    run.keep_on("coming and going", plan.seconds)
    crew.churn(0)
    came, took_s = crew.seen().entered - before, time.monotonic() - run.began
    yield Figure(
        figure="churn.comings",
        value=rounded(came / took_s),
        unit="connections/s",
        note=f"{came} came and as many left in {took_s:.1f} s",
    )
    yield from run.figures()


def storm(run: Run) -> Iterator[Figure]:
    """All are sent away or leave, and come back: how long from the first farewell until the last
    one is there again."""
    plan = run.plan
    crew = run.gather(come_back=True)
    run.mark()
    count = crew.seen().open
    began_ns = _scatter(run, crew)
    end = time.monotonic() + plan.back_limit_s
    while True:
        seen = crew.seen()
        run.watch.show("coming back", seen, run.pushed, run.server)
        gone = seen.left + seen.closed
        if (gone >= count and seen.open >= count) or time.monotonic() > end:
            break
        run.watch.rest()
    back_s = (seen.last_entered_ns - (seen.first_closed_ns or began_ns)) / 1e9
    yield Figure(
        figure="storm.back",
        value=rounded(back_s),
        unit="s until all were back",
        delivered=min(seen.open, count) / count,
        note=f"{count} connections; {most_common(seen.closings) or 'left by themselves'}",
    )
    if plan.restart_pid or plan.wait_restart:
        # It is another process now.
        run.server = Observed(None)
    yield from run.figures()
    if seen.open < count:
        raise Lost(f"{count - seen.open} of {count} did not come back in {plan.back_limit_s:g} s")


def _scatter(run: Run, crew: Crew) -> int:
    """Make the storm begin, or wait for it; the monotonic nanosecond when it did."""
    plan = run.plan
    if plan.wait_restart:
        end = time.monotonic() + plan.seconds
        while not (seen := crew.seen()).closed:
            run.watch.show("waiting for the restart", seen, run.pushed, run.server)
            if time.monotonic() > end:
                raise Lost(f"nobody restarted the server in {plan.seconds:g} s")
            run.watch.rest()
        return time.monotonic_ns()
    began_ns = time.monotonic_ns()
    if plan.restart_pid:
        try:
            os.kill(plan.restart_pid, signal.SIGTERM)
        except OSError as wrong:
            raise Lost(f"--restart-pid {plan.restart_pid}: {wrong.strerror}") from wrong
    else:
        crew.drop()
    return began_ns


def _with_slow(run: Run, figures: Iterator[Figure]) -> Iterator[Figure]:
    """And what came of the slow readers, who are the second crew: in the end they read what
    waits, and so are told what they missed."""
    measured = list(figures)
    crew = run.crews[1]
    before = run.reports[1].messages
    crew.hurry()
    run.wait_for(crew, float("inf"))
    seen = crew.seen()
    yield from measured
    yield Figure(
        figure=f"{run.plan.scenario}.slow_readers",
        value=float(seen.open),
        unit="still there",
        arrived=before + seen.messages,
        missed=seen.missed,
        note=f"of {crew.wish.count}" + _closed(seen.closings),
    )


def _closed(closings: dict[str, int]) -> str:
    return f"; closed: {most_common(closings)}" if closings else ""


def _room(plan: Plan) -> str:
    return _GOIM_ROOM if plan.protocol == "goim" else _NATIVE_ROOM


def send(run: Run) -> Iterator[Figure]:
    """Durable chat messages between accounts, in pairs; each sender waits for its answer."""
    plan = run.plan
    rest = Rest(plan.push_target)
    run.stack.callback(rest.close)
    try:
        tokens = plan.tokens.given or sign_up(rest, plan.connections)
        tokens = tokens[: min(len(tokens), plan.connections) // 2 * 2]
        conversations = pair_up(rest, tokens)
    except RestFailed as failed:
        raise Lost(str(failed)) from failed
    talk = Talk(plan.target, tokens, conversations, plan.seconds, rate=plan.rate)
    process = Process("parlor.load.senders", talk)
    run.stack.callback(process.close)
    process.take(Talked)
    run.mark()
    try:
        while not (talked := process.ask(Do("seen"), Talked)).done:
            seen = Seen(open=len(tokens), messages=talked.acknowledged)
            run.watch.show("sending", seen, run.pushed, run.server)
            run.watch.rest()
    except Stopped:
        talked = process.ask(Do("seen"), Talked)
        yield from send_figures(plan, talked, run.server)
        raise
    yield from send_figures(plan, talked, run.server)
    if talked.lost:
        raise Lost(f"the server went away: {talked.lost}")


SCENARIOS: dict[str, Callable[[Run], Iterator[Figure]]] = {
    "push": push,
    "rooms": push,
    "idle": idle,
    "churn": churn,
    "storm": storm,
    "slow": slow,
    "mixed": mixed,
    "send": send,
}


@dataclass(frozen=True)
class Outcome:
    """`failed`: why it did not come to its end; `stopped`: because somebody asked it to."""

    figures: list[Figure]
    failed: str = ""
    stopped: bool = False


def run_plan(plan: Plan, watch: Watch, pid: int | None) -> Outcome:
    """Run it and print nothing. Raises ValueError for a plan that cannot be."""
    figures: list[Figure] = []
    with ExitStack() as stack:
        run = Run(plan, watch, stack, server=Observed(pid))
        try:
            figures += SCENARIOS[plan.scenario](run)
        except Stopped:
            return Outcome([*figures, *run.figures()], stopped=True)
        except Lost as lost:
            return Outcome([*figures, *(() if figures else run.figures())], failed=str(lost))
    return Outcome(figures)


__all__ = ["SCENARIOS", "Outcome", "Run", "run_plan"]
