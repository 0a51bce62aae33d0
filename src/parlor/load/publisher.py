"""One process that pushes over HTTP at a pace: `python -m parlor.load.publisher`.

The pace is kept whatever the server does: a push is due at its time, and latency counts from
then, so a server that makes the generator wait is charged for it. Each link waits for its answer
before its next push.
"""

from __future__ import annotations

import gc
import select
import signal
import socket
import ssl
import sys
import time

import msgspec

from parlor.load.greetings import GOIM_OP
from parlor.load.histogram import Histogram
from parlor.load.stamps import stamp
from parlor.load.target import client_context
from parlor.load.wish import count_reason
from parlor.load.worker import raise_file_limit, say

CONNECT_LIMIT_S = 10.0
FINISH_LIMIT_S = 5.0
_HEAD_END = b"\r\n\r\n"


class Audience(msgspec.Struct, frozen=True, array_like=True):
    """A room and how many of the generated connections are in it; "" is everybody."""

    room: str
    members: int


class Order(msgspec.Struct, frozen=True):
    """`rate` pushes a second for `for_s`, to each of `audiences` in turn, `payload` bytes each,
    stamp included; 0 of `for_s` is until told to stop."""

    host: str
    port: int
    protocol: str
    key: str
    audiences: tuple[Audience, ...]
    rate: float
    payload: int
    links: int
    for_s: float = 0.0
    tls: bool = False
    authority: str = ""


class Do(msgspec.Struct, frozen=True):
    """`start`, `seen`, or `stop`: no more pushes; the answer comes when all are answered."""

    do: str


class Pushed(msgspec.Struct):
    """`expected` is how many deliveries the accepted pushes make. `answering` is how long the
    server took to answer, `late` how long a push that was due had to wait for this process (not
    for a link). `lost`: why there is no server to push to any more. `done`: the time of
    the order is over and all its pushes have left."""

    accepted: int = 0
    expected: int = 0
    refused: dict[str, int] = {}
    lost: str = ""
    waiting: int = 0
    done: bool = False
    answering: Histogram = msgspec.field(default_factory=Histogram)
    late: Histogram = msgspec.field(default_factory=Histogram)
    cpu: float = 0.0
    elapsed_s: float = 0.0

    @property
    def refusals(self) -> int:
        return sum(self.refused.values())


class Link:
    """One kept-alive connection; `audience` is whom the push in progress is for."""

    def __init__(self, order: Order) -> None:
        sock = socket.create_connection((order.host, order.port), timeout=CONNECT_LIMIT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock: socket.socket = sock
        if order.tls:
            context = client_context(order.authority)
            self.sock = context.wrap_socket(sock, server_hostname=order.host)
        self.sock.settimeout(CONNECT_LIMIT_S)
        self.audience: Audience | None = None
        self.sent_at = 0.0
        self._received = b""

    def push(self, request: bytes, audience: Audience) -> None:
        """Raises OSError."""
        self.audience, self.sent_at = audience, time.monotonic()
        self.sock.sendall(request)

    def answer(self) -> tuple[int, bytes] | None:
        """(status, body) once they are all there. Raises OSError."""
        data = self.sock.recv(65_536)
        while isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            data += self.sock.recv(65_536)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        if not end or len(body) < content_length(head):
            return None
        self._received = b""
        return int(head[9:12]), body


def content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def build_request(order: Order, audience: Audience, due_ns: int) -> bytes:
    """One push whose body begins with the time at which it was due."""
    body = stamp(due_ns).ljust(order.payload, b"x")
    path, kind = "/api/v1/push", "application/json"
    if order.protocol == "goim":
        kind = "application/octet-stream"
        path = f"/goim/push/all?operation={GOIM_OP}"
        if audience.room:
            scheme, _, name = audience.room.partition("://")
            path = f"/goim/push/room?operation={GOIM_OP}&type={scheme}&room={name}"
    else:
        to: dict[str, object] = {"room": audience.room} if audience.room else {"all": True}
        body = msgspec.json.encode({"to": to, "body": body.decode()})
    lines = [f"POST {path} HTTP/1.1", f"Host: {order.host}:{order.port}"]
    lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    if order.key:
        lines.append(f"Authorization: Bearer {order.key}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def refusal(order: Order, status: int, body: bytes) -> str:
    """Why a push was not accepted; "" when it was."""
    if status >= 300:
        return f"HTTP {status}"
    if order.protocol == "goim":
        code = msgspec.json.decode(body).get("code", 0)
        return f"goim code {code}" if code else ""
    return ""


class Publisher:
    def __init__(self, order: Order) -> None:
        self._order = order
        self.pushed = Pushed()
        self._epoll = select.epoll()
        self.links: dict[int, Link] = {}
        """By descriptor, while they are open."""
        self._idle: list[Link] = []
        self._number = 0
        self._first_due = self._next_due = float("inf")
        self._end = float("inf")
        self._used = 0.0
        self._stopping = 0.0
        try:
            for _ in range(order.links):
                self._add_link()
        except OSError as failed:
            self._lose(failed)

    def run(self) -> None:
        """Until standard input ends."""
        self._epoll.register(0, select.EPOLLIN)
        late_s = 0.0
        while True:
            now = time.monotonic()
            self._push_due(now, late_s)
            if self._stopping and (not self._busy or now > self._stopping):
                self._stopping = 0.0
                self.say()
            wait_s = min(self._next_due, now + 0.1) - now if self._idle else 0.1
            before = time.monotonic()
            ready = self._epoll.poll(max(0.0, wait_s), 1_000)
            # How much longer than was asked for: the machine had no time for us.
            late_s = time.monotonic() - before - wait_s if not ready else 0.0
            for fd, _ in ready:
                if fd:
                    self.on_ready(fd)
                    continue
                line = sys.stdin.readline()
                if not line:
                    return
                self._obey(msgspec.json.decode(line, type=Do).do)

    def on_ready(self, fd: int) -> None:
        """The socket of this number can be read, or could before one of the same poll was lost
        and took all the others with it."""
        link = self.links.get(fd)
        if link is not None:
            self._take_answer(link)

    @property
    def _busy(self) -> int:
        return len(self.links) - len(self._idle)

    def _obey(self, what: str) -> None:
        now = time.monotonic()
        match what:
            case "start":
                self._next_due = self._first_due = now
                self._end = now + self._order.for_s if self._order.for_s else float("inf")
                self._used = time.process_time()
                self.say()
            case "stop":
                if self._next_due < float("inf"):
                    self._elapse(now)
                self._next_due = float("inf")
                self._stopping = now + FINISH_LIMIT_S
            case _:
                self.say()

    def _push_due(self, now: float, late_s: float) -> None:
        order = self._order
        while self._next_due <= now and self._idle and not self.pushed.lost:
            if self._next_due >= self._end:
                self._elapse(now)
                self._next_due = float("inf")
                self.pushed.done = True
                return
            audience = order.audiences[self._number % len(order.audiences)]
            request = build_request(order, audience, int(self._next_due * 1e9))
            link = self._idle.pop()
            try:
                link.push(request, audience)
            except OSError as failed:
                self._lose(failed)
                return
            if late_s > 0:
                self.pushed.late.add(late_s * 1000)
            self._number += 1
            self._next_due = self._first_due + self._number / order.rate

    def _take_answer(self, link: Link) -> None:
        try:
            answered = link.answer()
        except (OSError, ValueError) as failed:
            if link.audience is None:
                self._replace(link)
            else:
                self._lose(failed)
            return
        if answered is None or link.audience is None:
            return
        self.pushed.answering.add((time.monotonic() - link.sent_at) * 1000)
        if reason := refusal(self._order, *answered):
            count_reason(self.pushed.refused, reason)
        else:
            self.pushed.accepted += 1
            self.pushed.expected += link.audience.members
        link.audience = None
        self._idle.append(link)

    def _add_link(self) -> None:
        link = Link(self._order)
        self.links[link.sock.fileno()] = link
        self._idle.append(link)
        self._epoll.register(link.sock.fileno(), select.EPOLLIN)

    def _replace(self, link: Link) -> None:
        """Servers close what has been idle for long."""
        self._idle.remove(link)
        del self.links[link.sock.fileno()]
        link.sock.close()
        try:
            self._add_link()
        except OSError as failed:
            self._lose(failed)

    def _lose(self, why: Exception) -> None:
        """Without one of its links the pace cannot be kept: it is over."""
        self.pushed.lost = self.pushed.lost or str(why)
        self._next_due = float("inf")
        for link in self.links.values():
            link.sock.close()
        self.links.clear()
        self._idle.clear()

    def _elapse(self, now: float) -> None:
        self.pushed.elapsed_s = now - self._first_due
        self.pushed.cpu = (time.process_time() - self._used) / max(1e-9, self.pushed.elapsed_s)

    def say(self) -> None:
        """Answer whoever asked."""
        self.pushed.waiting = self._busy
        say(self.pushed)


def main() -> None:
    # The command in the foreground decides when to end, not the key that was pressed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise_file_limit()
    publisher = Publisher(msgspec.json.decode(sys.stdin.readline(), type=Order))
    publisher.say()
    gc.freeze()
    publisher.run()


if __name__ == "__main__":
    main()
