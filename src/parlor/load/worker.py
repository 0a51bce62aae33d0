"""The process of one crowd: `python -m parlor.load.worker`, a `Wish` and then `Ask`s on its
standard input, an answer for each on its standard output. It ends when its input does."""

from __future__ import annotations

import gc
import resource
import select
import signal
import sys
import time

import msgspec

from parlor.load.gathering import Gathering
from parlor.load.histogram import Histogram
from parlor.load.wish import Ask, Report, Seen, Wish

REST_S = 0.001
"""Between two looks at the connections: part of the latency, not of the server's CPU time. Asleep
in epoll we would be woken by each single write, at the writer's cost, and only when we happen to
be quicker than the writer."""


def raise_file_limit() -> int:
    """To what the machine allows; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Worker:
    def __init__(self, wish: Wish) -> None:
        self._epoll = select.epoll()
        self._epoll.register(0, select.EPOLLIN)
        self._gathering = Gathering(wish, self._epoll)
        self._since = (time.monotonic(), time.process_time())

    def run(self) -> None:
        """Until standard input ends."""
        poll, gathering = self._epoll.poll, self._gathering
        while True:
            now = time.monotonic()
            due_s = gathering.turn(now)
            gathering.seen.turns.add((time.monotonic() - now) * 1000)
            if not gathering.entering:
                time.sleep(REST_S)
            ready = poll(due_s, 20_000)
            began = time.monotonic()
            for fd, _ in ready:
                if fd:
                    gathering.on_ready(fd)
                    continue
                line = sys.stdin.readline()
                if not line:
                    gathering.close()
                    return
                self._answer(msgspec.json.decode(line, type=Ask))
            gathering.seen.turns.add((time.monotonic() - began) * 1000)

    def _answer(self, ask: Ask) -> None:
        gathering = self._gathering
        seen = gathering.seen
        match ask.do:
            case "beat":
                gathering.beat(ask.per_s)
            case "churn":
                gathering.churn(ask.per_s)
            case "drop":
                gathering.drop()
            case "hurry":
                gathering.hurry()
            case "members":
                say(gathering.members())
                return
            case "report":
                self._report(seen)
                return
        say(Seen(**{name: getattr(seen, name) for name in Seen.__struct_fields__}))

    def _report(self, seen: Report) -> None:
        """Say it, and count anew what is counted between reports."""
        wall, used = self._since
        self._since = (time.monotonic(), time.process_time())
        seen.cpu = (self._since[1] - used) / max(1e-9, self._since[0] - wall)
        say(seen)
        seen.messages = seen.bytes = seen.missed = 0
        seen.latencies, seen.entering, seen.turns = Histogram(), Histogram(), Histogram()


def say(what: object) -> None:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    # The command in the foreground decides when to end, not the key that was pressed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise_file_limit()
    wish = msgspec.json.decode(sys.stdin.readline(), type=Wish)
    worker = Worker(wish)
    say(Seen())
    gc.freeze()
    worker.run()


if __name__ == "__main__":
    main()
