"""Thousands of connections that only listen, in a process of their own.

`Crowd` is the handle that a bench holds. The process (`python -m benches.crowd`) opens the
connections, then drains them with epoll and counts stamps: a pushed body begins with `stamp()`,
so every message tells when it was sent. `@` may stand nowhere else in what the server writes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import socket
import ssl
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from benches.figures import percentile
from benches.greetings import GREETINGS, Greeting

STAMP_BYTES = 20
PER_ADDRESS = 5_000
AT_ONCE = 200
SAMPLE_EACH = 10
"""Latency is taken at every tenth connection, spread over the whole crowd."""
OPEN_LIMIT_S = 30.0
REST_S = 0.001
"""Between two looks at the connections: part of the latency, not of the server's CPU time."""
_IP_BIND_ADDRESS_NO_PORT = 24  # in Python's socket module from 3.12 on


def stamp() -> bytes:
    """`@` and the monotonic clock, which all processes of a machine share, in nanoseconds."""
    return b"@%019d" % time.monotonic_ns()


def latencies_ms(chunks: list[bytes], now_ns: int) -> list[float]:
    """How long ago the stamps in `chunks` were made; each chunk begins just after an `@`."""
    return [(now_ns - int(chunk[: STAMP_BYTES - 1])) / 1e6 for chunk in chunks]


def split_unfinished(data: bytes) -> tuple[bytes, bytes]:
    """`data` up to a stamp that its end cuts off, and the rest of it."""
    at = data.rfind(b"@")
    if at >= 0 and len(data) - at < STAMP_BYTES:
        return data[:at], data[at:]
    return data, b""


class Crowd:
    """Opened once, closed once. Every call returns when the process has answered.

    With `tls` each connection begins with a handshake of its own, TLS 1.3 and nothing resumed.
    Of several tokens each connection takes the next.
    """

    def __init__(
        self,
        kind: str,
        port: int,
        count: int,
        *,
        token: str | Sequence[str] = "",
        room: str = "",
        tls: bool = False,
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benches.crowd"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            tokens = [token] if isinstance(token, str) else list(token)
            self._ask(kind=kind, port=port, count=count, tokens=tokens, room=room, tls=tls)
        except BaseException:
            self.close()
            raise

    def seen(self) -> int:
        """Stamps counted since the last report."""
        return int(self._ask(do="seen")["messages"])

    def wait_seen(self, count: int, limit_s: float) -> int:
        """Wait until `count` messages arrived, `limit_s` at most; how many did."""
        end = time.monotonic() + limit_s
        while (seen := self.seen()) < count and time.monotonic() < end:
            time.sleep(0.005)
        return seen

    def report(self) -> Any:
        """messages, bytes, latencies_ms, closed: since the last report."""
        return self._ask(do="report")

    def beat(self, per_s: float) -> None:
        """Send heartbeats from one connection after the other, `per_s` in all; 0 stops."""
        self._ask(do="beat", per_s=per_s)

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, **command: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the crowd's process has ended")
        return json.loads(answer)


# From here on: the process itself.


def _open(greetings: Sequence[Greeting], port: int, count: int, tls: bool) -> list[socket.socket]:
    """All of them, let in. A source address has some 28,000 ports, so they take several."""
    opened: list[socket.socket] = []
    end = time.monotonic() + OPEN_LIMIT_S
    context = _trusting_anybody() if tls else None
    while len(opened) < count:
        wave: list[socket.socket] = []
        for _ in range(min(AT_ONCE, count - len(opened))):
            sock = socket.socket()
            number = len(opened) + len(wave)
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
            sock.connect(("127.0.0.1", port))
            wave.append(sock if context is None else _begin_tls(context, sock))
        # All of a wave together, as they would come: not one waiting for the other's handshake.
        turn = [greetings[(len(opened) + n) % len(greetings)] for n in range(len(wave))]
        for sock, greeting in zip(wave, turn, strict=True):
            if isinstance(sock, ssl.SSLSocket):
                sock.settimeout(OPEN_LIMIT_S)
                sock.do_handshake()
            if greeting.first:
                sock.sendall(greeting.first)
        for sock, greeting in zip(wave, turn, strict=True):
            received = b""
            while not greeting.is_in(received):
                sock.settimeout(max(0.01, end - time.monotonic()))
                more = sock.recv(65536)
                if not more:
                    raise RuntimeError(f"closed instead of let in: {received[:300]!r}")
                received += more
            if greeting.then is not None:
                sock.sendall(greeting.then(received))
            sock.setblocking(False)
        opened += wave
    return opened


def _begin_tls(context: ssl.SSLContext, sock: socket.socket) -> ssl.SSLSocket:
    """Send the client's hello, and do not wait for the server's."""
    secure = context.wrap_socket(sock, do_handshake_on_connect=False)
    secure.setblocking(False)
    with contextlib.suppress(ssl.SSLWantReadError):
        secure.do_handshake()
    return secure


def _trusting_anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _reader_of(sockets: list[socket.socket]) -> Callable[[int, int], bytes]:
    """`os.read`, or what reads whole records where there is TLS.

    Raises ssl.SSLWantReadError when what came was no data, a session ticket perhaps.
    """
    secure = {sock.fileno(): sock for sock in sockets if isinstance(sock, ssl.SSLSocket)}
    if not secure:
        return os.read

    def read(fd: int, size: int) -> bytes:
        sock = secure[fd]
        data = sock.recv(size)
        while data and sock.pending():
            data += sock.recv(size)
        return data

    return read


class _Drain:
    def __init__(self, sockets: list[socket.socket], greeting: Greeting) -> None:
        self.sockets = sockets
        self.heartbeat = greeting.heartbeat
        self.readers = {
            sock.fileno(): greeting.reader() for sock in sockets if greeting.reader is not None
        }
        self.per_s = 0.0
        self.next_beat = 0.0
        self.turn = deque(sockets)
        self.sampled = {sock.fileno() for sock in sockets[::SAMPLE_EACH]}
        self.unfinished: dict[int, bytes] = {}
        self.epoll = select.epoll()
        self.epoll.register(0, select.EPOLLIN)
        for sock in sockets:
            self.epoll.register(sock.fileno(), select.EPOLLIN)
        self.closed = 0
        self.reset()

    def reset(self) -> None:
        self.messages = 0
        self.bytes = 0
        self.latencies: list[float] = []

    def run(self) -> None:
        """Until standard input ends."""
        poll, sampled, unfinished = self.epoll.poll, self.sampled, self.unfinished
        read = _reader_of(self.sockets)
        while True:
            # Asleep in epoll it would be woken by each single write, at the writer's cost, and
            # only when it happens to be quicker than the writer.
            time.sleep(REST_S)
            for fd, _ in poll(self._send_beats(), len(self.sockets) + 1):
                if fd == 0:
                    line = sys.stdin.readline()
                    if not line:
                        return
                    self._answer(json.loads(line))
                    continue
                try:
                    data = read(fd, 65536)
                except ssl.SSLWantReadError:
                    continue
                except (BlockingIOError, ConnectionResetError):
                    data = b""
                if not data:
                    self.closed += 1
                    self.epoll.unregister(fd)
                    continue
                self.bytes += len(data)
                if self.readers:
                    data = self.readers[fd](data)
                if fd in unfinished:
                    data = unfinished.pop(fd) + data
                data, rest = split_unfinished(data)
                if rest:
                    unfinished[fd] = rest
                if fd in sampled:
                    chunks = data.split(b"@")[1:]
                    self.messages += len(chunks)
                    self.latencies += latencies_ms(chunks, time.monotonic_ns())
                else:
                    self.messages += data.count(b"@")

    def _answer(self, command: dict[str, Any]) -> None:
        answer: dict[str, object] = {"messages": self.messages}
        if command["do"] == "report":
            answer |= {"bytes": self.bytes, "closed": self.closed}
            if self.latencies:
                answer |= {
                    "p50_ms": percentile(self.latencies, 0.50),
                    "p99_ms": percentile(self.latencies, 0.99),
                }
            self.reset()
        elif command["do"] == "beat":
            self.per_s = command["per_s"]
            self.next_beat = time.monotonic()
        print(json.dumps(answer), flush=True)

    def _send_beats(self) -> float:
        """Send those that are due; how long epoll may wait for the next, -1 for ever."""
        if not self.per_s:
            return -1
        now = time.monotonic()
        while self.next_beat <= now:
            self.turn[0].send(self.heartbeat)
            self.turn.rotate(-1)
            self.next_beat += 1 / self.per_s
        return self.next_beat - now


def main() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wish = json.loads(sys.stdin.readline())
    greet = GREETINGS[wish["kind"]]
    greetings = [greet(token, wish["room"]) for token in wish["tokens"]]
    sockets = _open(greetings, wish["port"], wish["count"], wish["tls"])
    gc.freeze()
    print(json.dumps({"open": len(sockets)}), flush=True)
    _Drain(sockets, greetings[0]).run()


if __name__ == "__main__":
    main()
