"""How long one message is on its way: from a program's HTTP push, or from a member of a room who
says something there, to the one connection it is for.

One after the other, over loopback, both ends in this process with plain blocking sockets: from
before the request is sent until the delivery is read. Beside it the least there is: a program on
uvloop that is told something on one socket and says it on another (`benches.bare`).
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator

from benches.bare import RELAY, bare_server
from benches.crowd import stamp
from benches.figures import Figure, percentile, rounded, run
from benches.server import add_push_key, folder, serving
from parlor.load.greetings import KEY, Who, native_websocket
from parlor.wire.native.codec import JSON
from parlor.wire.native.methods import RoomPublish
from parlor.wire.websocket import Opcode, build_masked

TIMES = 3_000
WARM = 500
"""Not measured: until then code is cold."""
GAP_S = 0.0005
"""Between two: each finds everybody at rest."""
BODY_BYTES = 100
POLICY = """
[[push.rooms]]
match = "talk"
publish = true
user_rate = 100000.0
user_burst = 100000
rate = 100000.0
burst = 100000
"""
SETTINGS = ("gateway.requests_per_second=100000", "gateway.request_burst=100000")


def took_ms(send: Callable[[], object], receive: Callable[[], object]) -> list[float]:
    """`receive` returns once what was sent has arrived."""
    took: list[float] = []
    for _ in range(WARM + TIMES):
        began = time.perf_counter()
        send()
        receive()
        took.append((time.perf_counter() - began) * 1e3)
        time.sleep(GAP_S)
    return took[WARM:]


def connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def bare_ms() -> list[float]:
    with bare_server() as (_, port), connect(port) as listener, connect(port) as speaker:
        listener.sendall(RELAY)
        time.sleep(0.05)
        message = b"x" * BODY_BYTES
        return took_ms(lambda: speaker.sendall(message), lambda: listener.recv(65_536))


class Program:
    """Pushes over one kept-alive connection. The answer is read before the next push."""

    def __init__(self, port: int, key: str, to: object) -> None:
        self._sock = connect(port)
        self._key = key
        self._to = to
        self._waits = False

    def push(self) -> None:
        if self._waits:
            self._read_answer()
        body = stamp().ljust(BODY_BYTES, b"x").decode()
        content = json.dumps({"to": self._to, "body": body})
        head = (
            "POST /api/v1/push HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self._key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        self._sock.sendall((head + content).encode())
        self._waits = True

    def _read_answer(self) -> None:
        """Raises RuntimeError for a refusal."""
        answer = b""
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
            answer += self._sock.recv(65_536)
        if not answer.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(answer[:300].decode())

    def close(self) -> None:
        self._sock.close()


class Speaker:
    """Says something in a room it is in, over its own WebSocket."""

    def __init__(self, sock: socket.socket, room: str) -> None:
        self._sock = sock
        self._room = room
        self._said = 0

    def say(self) -> None:
        if self._said:
            # What it was told of its last one: the reply, and the delivery as to all others.
            self._sock.recv(65_536)
        self._said += 1
        body = stamp().ljust(BODY_BYTES, b"x").decode()
        wish = RoomPublish(self._room, body, str(self._said))
        request = JSON.build_request(self._said + 1, "room.publish", wish)
        self._sock.sendall(build_masked(Opcode.TEXT, request, KEY))


def listen(port: int, token: str, room: str) -> socket.socket:
    """A connection that has been let in."""
    sock = connect(port)
    greeting = native_websocket(Who(token, (room,)))
    sock.sendall(greeting.first)
    received = b""
    while greeting.enter(received) is None:
        received += sock.recv(65_536)
    return sock


def measure() -> Iterator[Figure]:
    bare = percentile(bare_ms(), 0.50)
    with folder() as where:
        key = add_push_key(where / "data")
        policy = where / "policy.toml"
        policy.write_text(POLICY)
        flags = ("--config", str(policy))
        with serving(where / "data", *flags, settings=SETTINGS) as server:
            user, token = server.sign_up("listener")
            for name, to in (("user", {"users": [user]}), ("room", {"room": "one"})):
                with (
                    listen(server.port, token, "one") as listener,
                    contextlib.closing(Program(server.port, key, to)) as program,
                ):
                    yield figure_of(name, program.push, listener, bare)
            with (
                listen(server.port, token, "talk") as listener,
                listen(server.port, token, "talk") as member,
            ):
                yield figure_of("publish", Speaker(member, "talk").say, listener, bare)


def figure_of(
    name: str, send: Callable[[], object], listener: socket.socket, bare: float
) -> Figure:
    took = took_ms(send, lambda: listener.recv(65_536))
    return Figure.beside(
        f"roundtrip.{name}",
        percentile(took, 0.50),
        "ms from push to delivery",
        "bare relay on uvloop",
        bare,
        p50_ms=rounded(percentile(took, 0.50)),
        p99_ms=rounded(percentile(took, 0.99)),
        aim="p50 under 0.3 ms",
    )


if __name__ == "__main__":
    run(measure, __doc__)
