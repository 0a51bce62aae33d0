"""Many connections in one loop over epoll: let in, listened to, sent away and come back.

Pure of commands: `worker` calls `turn` again and again and asks what it has counted. A connection
is in exactly one of: waiting for its time, being let in, open, ended.
"""

from __future__ import annotations

import heapq
import random
import re
import select
import time
from collections import deque

from parlor.load.connection import Connection, State
from parlor.load.greetings import GREETINGS, Entered, Greeting, Refused, Who
from parlor.load.stamps import find_stamps, latencies_ms
from parlor.load.target import client_context
from parlor.load.wish import SLOW_READ_BYTES, Report, Wish, count_reason
from parlor.model.errors import WireError
from parlor.wire.native.methods import BackOff

AT_ONCE = 200
"""Connections that are being let in at the same time."""
FEW = 25
"""When so few of them are left, the next ones begin, as many as may be: one by one they would wake
the server for each, which makes letting them in half as dear again."""
ENTER_LIMIT_S = 30.0
SAMPLE_EACH = 10
"""Latency is taken at every tenth connection, spread over all of them."""
BACK_OFF = BackOff(first_s=0.5, longest_s=30.0)
"""Of who was told nothing."""
_AFTER = re.compile(r"after_s=([0-9.]+)")
_LOOK_S = 1.0


class Gathering:
    """`seen` counts; whoever reports it starts it anew. The epoll object is the caller's, who
    may watch more with it."""

    def __init__(self, wish: Wish, epoll: select.epoll) -> None:
        self.wish = wish
        self.seen = Report()
        self.beats_per_s = 0.0
        self.churn_per_s = 0.0
        self._epoll = epoll
        self._context = client_context(wish.target.authority) if wish.target.tls else None
        self._coming: list[tuple[float, int]] = []
        self._entering: dict[int, Connection] = {}
        self._open: dict[int, Connection] = {}
        self._beating: deque[Connection] = deque()
        self._slow: deque[tuple[float, Connection]] = deque()
        self._tickets: dict[int, str] = {}
        self._attempts: dict[int, int] = {}
        self._told: dict[int, str] = {}
        self._next_beat = self._next_leaving = self._next_look = 0.0
        self._may_come = 0
        self._begin(time.monotonic())

    @property
    def entering(self) -> int:
        return len(self._entering)

    def members(self) -> dict[str, int]:
        """How many of those that are open are in each room."""
        found: dict[str, int] = {}
        for connection in self._open.values():
            for room in self.wish.rooms_of(connection.number):
                found[room] = found.get(room, 0) + 1
        return found

    def beat(self, per_s: float) -> None:
        self.beats_per_s, self._next_beat = per_s, time.monotonic()

    def churn(self, per_s: float) -> None:
        self.churn_per_s, self._next_leaving = per_s, time.monotonic()

    def drop(self) -> None:
        """All of them leave, and come back as fast as they are let in."""
        now = time.monotonic()
        for connection in list(self._open.values()):
            self._leave(connection, now)

    def hurry(self) -> None:
        """From now on slow readers read as fast as all others."""
        for _, connection in self._slow:
            if connection.state is State.OPEN:
                self._epoll.register(connection.sock.fileno(), select.EPOLLIN)
        self._slow.clear()

    def turn(self, now: float) -> float:
        """Do what is due; how long nothing more will be, at most `_LOOK_S`."""
        due = now + _LOOK_S
        due = min(due, self._come(now))
        if self.beats_per_s:
            due = min(due, self._send_beats(now))
        if self.churn_per_s:
            due = min(due, self._replace(now))
        if self._slow:
            due = min(due, self._read_slowly(now))
        if now >= self._next_look:
            self._next_look = now + _LOOK_S
            self._give_up_on_silent(now)
        self.seen.open = len(self._open)
        self.seen.waiting = len(self._coming) + len(self._entering)
        return max(0.0, due - now)

    def on_ready(self, fd: int) -> None:
        """The socket of this number can be read, or written while it connects."""
        connection = self._open.get(fd)
        if connection is not None:
            data = connection.read()
            if data is not None:
                self._take_in(connection, data)
            return
        connection = self._entering.get(fd)
        if connection is not None:
            self._go_on(connection)

    def close(self) -> None:
        for connection in [*self._open.values(), *self._entering.values()]:
            connection.close()
        self._open.clear()
        self._entering.clear()
        self._coming.clear()

    # --- coming in -------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        gap = 1 / self.wish.per_s if self.wish.per_s else 0.0
        first = self.wish.first
        self._coming = [(now + n * gap, first + n) for n in range(self.wish.count)]

    def _come(self, now: float) -> float:
        if len(self._entering) <= FEW:
            self._may_come = AT_ONCE - len(self._entering)
        while self._coming and self._may_come:
            if self._coming[0][0] > now:
                return self._coming[0][0]
            _, number = heapq.heappop(self._coming)
            self._may_come -= 1
            self._open_one(number)
        return now + _LOOK_S

    def _open_one(self, number: int) -> None:
        wish = self.wish
        sampled = number % SAMPLE_EACH == 0
        connection = Connection(number, time.monotonic_ns(), sampled=sampled)
        try:
            connection.begin(wish.target, self._context, slow=wish.slow_each_s > 0)
        except OSError as failed:
            self._not_let_in(number, failed.strerror or str(failed))
            return
        fd = connection.sock.fileno()
        self._entering[fd] = connection
        self._epoll.register(fd, select.EPOLLOUT)

    def _greeting_for(self, number: int) -> Greeting:
        """Made only for who is connected: while a server is away many try in vain."""
        wish = self.wish
        token, ticket = wish.tokens.of(number, time.time()), self._tickets.get(number, "")
        return GREETINGS[wish.target.kind](Who(token, wish.rooms_of(number), ticket, number))

    def _go_on(self, connection: Connection) -> None:
        fd = connection.sock.fileno()
        try:
            if connection.state is State.CONNECTING:
                self._epoll.modify(fd, select.EPOLLIN)
                if not connection.is_connected():
                    return
                connection.greet(self._greeting_for(connection.number))
                if connection.greeting.first:
                    return
            else:
                data = connection.read()
                if data is None:
                    return
                if not data:
                    raise Refused("closed before it was let in")
                connection.received += data
            entered = connection.enter()
        except (OSError, Refused, WireError) as refused:
            self._end(connection)
            self._not_let_in(connection.number, getattr(refused, "strerror", None) or str(refused))
            return
        if entered is not None:
            self._let_in(connection, fd, entered)

    def _let_in(self, connection: Connection, fd: int, entered: Entered) -> None:
        now_ns = time.monotonic_ns()
        number = connection.number
        del self._entering[fd]
        self._open[fd] = connection
        self._attempts.pop(number, None)
        if self.wish.come_back:
            self._tickets[number] = entered.ticket
        self.seen.entered += 1
        self.seen.last_entered_ns = now_ns
        self.seen.entering.add((now_ns - connection.began_ns) / 1e6)
        if self.wish.slow_each_s:
            self._epoll.unregister(fd)
            self._slow.append((now_ns / 1e9 + self.wish.slow_each_s, connection))
        self._beating.append(connection)
        rest, connection.received = connection.received, b""
        if rest:
            self._take_in(connection, rest)

    def _not_let_in(self, number: int, reason: str) -> None:
        if not self.wish.come_back:
            count_reason(self.seen.refused, reason)
            return
        count_reason(self.seen.failed, reason)
        self._back_off(number)

    def _back_off(self, number: int) -> None:
        attempt = self._attempts[number] = self._attempts.get(number, -1) + 1
        longest = min(BACK_OFF.longest_s, BACK_OFF.first_s * 2.0 ** min(attempt, 16))
        self._come_at(number, time.monotonic() + longest * (0.5 + random.random() / 2))

    def _come_at(self, number: int, at: float) -> None:
        heapq.heappush(self._coming, (at, number))

    def _give_up_on_silent(self, now: float) -> None:
        oldest = (now - ENTER_LIMIT_S) * 1e9
        for connection in [c for c in self._entering.values() if c.began_ns < oldest]:
            self._end(connection)
            self._not_let_in(connection.number, f"no answer in {ENTER_LIMIT_S:g} s")

    # --- being there -----------------------------------------------------------------------

    def _take_in(self, connection: Connection, data: bytes) -> None:
        if not data:
            self._on_closed(connection)
            return
        seen = self.seen
        seen.bytes += len(data)
        try:
            messages = connection.messages(data)
        except (ConnectionError, WireError) as broken:
            self._told[connection.number] = str(broken)
            self._on_closed(connection)
            return
        for message in messages:
            stamps = find_stamps(message)
            if not stamps:
                self._listen(connection, message)
                if connection.state is State.ENDED:
                    return
                continue
            seen.messages += len(stamps)
            if connection.sampled:
                for latency in latencies_ms(stamps, time.monotonic_ns()):
                    seen.latencies.add(latency)

    def _listen(self, connection: Connection, message: bytes) -> None:
        told = connection.greeting.tell(message)
        if told is not None:
            self.seen.missed += told.missed
            if told.closing:
                self._told[connection.number] = told.closing
            if told.answer:
                connection.say(told.answer)
                self._on_closed(connection)

    def _on_closed(self, connection: Connection) -> None:
        """The server has ended it; those who come back do so when it wished."""
        self._end(connection)
        reason = self._told.pop(connection.number, "cut off")
        self.seen.closed += 1
        self.seen.first_closed_ns = self.seen.first_closed_ns or time.monotonic_ns()
        count_reason(self.seen.closings, reason.split(" ")[0])
        if not self.wish.come_back:
            return
        if after := _AFTER.search(reason):
            self._come_at(connection.number, time.monotonic() + float(after[1]))
        else:
            self._back_off(connection.number)

    def _end(self, connection: Connection) -> None:
        fd = connection.sock.fileno()
        self._open.pop(fd, None)
        self._entering.pop(fd, None)
        # Closing takes it out of epoll.
        connection.close()

    def _leave(self, connection: Connection, come_at: float) -> None:
        self._end(connection)
        self.seen.left += 1
        self._come_at(connection.number, come_at)

    def _send_beats(self, now: float) -> float:
        """Send those that are due; when the next one is."""
        while self._next_beat <= now:
            connection = self._oldest()
            if connection is not None:
                connection.say(connection.greeting.heartbeat)
                self._beating.append(connection)
            self._next_beat += 1 / self.beats_per_s
        return self._next_beat

    def _replace(self, now: float) -> float:
        while self._next_leaving <= now:
            connection = self._oldest()
            if connection is not None:
                self._leave(connection, now)
            self._next_leaving += 1 / self.churn_per_s
        return self._next_leaving

    def _oldest(self) -> Connection | None:
        """The one that has waited longest for its turn, taken out of the row."""
        while self._beating:
            connection = self._beating.popleft()
            if connection.state is State.OPEN:
                return connection
        return None

    def _read_slowly(self, now: float) -> float:
        while self._slow and self._slow[0][0] <= now:
            _, connection = self._slow.popleft()
            if connection.state is not State.OPEN:
                continue
            data = connection.read(SLOW_READ_BYTES)
            if data is not None:
                self._take_in(connection, data)
            if connection.state is State.OPEN:
                self._slow.append((now + self.wish.slow_each_s, connection))
        return self._slow[0][0] if self._slow else now + _LOOK_S
