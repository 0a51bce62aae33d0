"""The handle on processes full of connections: `Crew` shares out what is asked for, `Process` is
one of them (the publisher is one too).

Every call returns when the processes have answered. Used by one thread.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from parlor.load.wish import MAX_CONNECTIONS, Ask, Report, Seen, Wish, count_reason

END_LIMIT_S = 5.0
LOOK_S = 0.02
T = TypeVar("T")


class ProcessEnded(Exception):
    """A process of the generator has ended without being asked; it said why on standard error."""


class Process:
    """`python -m MODULE`, asked one JSON line at a time. Ends with its standard input."""

    def __init__(self, module: str, first: msgspec.Struct) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.send(first)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, what: msgspec.Struct, answer: type[T]) -> T:
        self.send(what)
        return self.take(answer)

    def send(self, what: msgspec.Struct) -> None:
        """Raises ProcessEnded."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(what).decode() + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as gone:
            raise ProcessEnded("a process of the generator has ended") from gone

    def take(self, answer: type[T]) -> T:
        """The answer to the oldest question. Raises ProcessEnded."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ProcessEnded("a process of the generator has ended")
        return msgspec.json.decode(line, type=answer)

    def close(self) -> None:
        if self._process.stdin is not None:
            # It may be gone already; what it did not take is of no use to it.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Crew:
    """The connections of `wish`, shared out over `processes`, which begin to open them at once."""

    def __init__(self, wish: Wish, processes: int = 1) -> None:
        self.wish = wish
        self._processes: list[Process] = []
        try:
            for part in share(wish, processes):
                self._processes.append(Process("parlor.load.worker", part))
            for process in self._processes:
                process.take(Seen)
        except BaseException:
            self.close()
            raise

    def seen(self) -> Seen:
        """Counters, added up; those between reports since the last `report`."""
        return merged(self._ask(Ask("seen"), Seen), Seen())

    def report(self) -> Report:
        reports = self._ask(Ask("report"), Report)
        whole = merged(reports, Report())
        for one in reports:
            whole.latencies.merge(one.latencies)
            whole.entering.merge(one.entering)
            whole.turns.merge(one.turns)
            whole.cpu = max(whole.cpu, one.cpu)
        return whole

    def members(self) -> dict[str, int]:
        """How many connections are in each room now."""
        found: dict[str, int] = {}
        for part in self._ask(Ask("members"), dict[str, int]):
            for room, count in part.items():
                found[room] = found.get(room, 0) + count
        return found

    def beat(self, per_s: float) -> None:
        """Heartbeats, from one connection after the other, `per_s` in all; 0 stops."""
        self._ask(Ask("beat", per_s / len(self._processes)), Seen)

    def churn(self, per_s: float) -> None:
        self._ask(Ask("churn", per_s / len(self._processes)), Seen)

    def drop(self) -> None:
        self._ask(Ask("drop"), Seen)

    def hurry(self) -> None:
        """Slow readers are slow no more: they get to see what waited, and what they missed."""
        self._ask(Ask("hurry"), Seen)

    def wait_open(self, count: int, limit_s: float) -> Seen:
        """Until so many are open or nobody is on the way any more."""
        end = time.monotonic() + limit_s
        while True:
            seen = self.seen()
            if seen.open >= count or not seen.waiting or time.monotonic() > end:
                return seen
            time.sleep(LOOK_S)

    def wait_seen(self, count: int, limit_s: float) -> int:
        """Wait until `count` messages arrived, `limit_s` at most; how many did."""
        end = time.monotonic() + limit_s
        while (seen := self.seen().messages) < count and time.monotonic() < end:
            time.sleep(0.005)
        return seen

    def close(self) -> None:
        for process in self._processes:
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, ask: Ask, answer: type[T]) -> list[T]:
        for process in self._processes:
            process.send(ask)
        return [process.take(answer) for process in self._processes]


def share(wish: Wish, processes: int) -> list[Wish]:
    """The parts of a wish, as equal as can be. Raises ValueError when a part is too large."""
    each, over = divmod(wish.count, processes)
    if each + bool(over) > MAX_CONNECTIONS:
        raise ValueError(
            f"{wish.count} connections in {processes} processes: one holds at most"
            f" {MAX_CONNECTIONS}; take more processes"
        )
    parts, first = [], wish.first
    for number in range(processes):
        count = each + (number < over)
        parts.append(
            msgspec.structs.replace(wish, first=first, count=count, per_s=wish.per_s / processes)
        )
        first += count
    return parts


Some = TypeVar("Some", bound=Seen)


def merged(parts: Sequence[Seen], into: Some) -> Some:
    """The counters of all parts, added up in `into`."""
    for part in parts:
        for name in Seen.__struct_fields__:
            value, whole = getattr(part, name), getattr(into, name)
            if name == "last_entered_ns":
                into.last_entered_ns = max(whole, value)
            elif name == "first_closed_ns":
                into.first_closed_ns = min(whole, value) if whole and value else whole or value
            elif isinstance(value, dict):
                for reason, count in value.items():
                    count_reason(whole, reason, count)
            else:
                setattr(into, name, whole + value)
    return into
