"""Programs that post as fast as they are answered, in a process of their own.

`python -m benches.posters` reads one JSON line (port, key, path, bodies, links, depth, warm_s,
for_s), keeps `depth` requests under way on each of `links` kept-alive connections, and prints one
JSON line: answers within the measured time, their statuses, how long they took. The bodies are
sent in turn; each `@@` in one is replaced by a stamp (`benches.crowd`).
"""

from __future__ import annotations

import gc
import json
import select
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from benches.crowd import stamp
from benches.figures import percentile

MARK = b"@@"
LAST_ANSWER_S = 5.0
_LENGTH = b"content-length: "


def post_all(**wish: object) -> Any:
    """Run the process; its result. Raises CalledProcessError when it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "benches.posters"],
        input=json.dumps(wish),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def split_answers(data: bytes) -> tuple[list[int], bytes]:
    """The statuses of the whole answers in `data`, and what is left. Every answer must have a
    content-length in lower case, as uvicorn writes it."""
    statuses: list[int] = []
    start = 0
    while (head := data.find(b"\r\n\r\n", start)) >= 0:
        at = data.find(_LENGTH, start, head) + len(_LENGTH)
        end = head + 4 + int(data[at : data.find(b"\r\n", at)])
        if end > len(data):
            break
        statuses.append(int(data[start + 9 : start + 12]))
        start = end
    return statuses, data[start:]


@dataclass(slots=True)
class _Link:
    sock: socket.socket
    asked_at: deque[float] = field(default_factory=deque)
    rest: bytes = b""


class _Posters:
    def __init__(self, wish: dict[str, Any]) -> None:
        self._requests = cycle(
            [_request(wish["path"], wish["key"], body.encode()) for body in wish["bodies"]]
        )
        self._depth = wish["depth"]
        self._links = [
            _Link(socket.create_connection(("127.0.0.1", wish["port"]), timeout=10))
            for _ in range(wish["links"])
        ]
        self.sent = 0

    def run(self, warm_s: float, for_s: float) -> dict[str, Any]:
        epoll, by_fd = select.epoll(), {}
        for link in self._links:
            link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            epoll.register(link.sock.fileno(), select.EPOLLIN)
            by_fd[link.sock.fileno()] = link
        gc.freeze()
        statuses: dict[int, int] = {}
        took_ms: list[float] = []
        answered = 0
        began = now = time.monotonic()
        counted_from, end = began + warm_s, began + warm_s + for_s
        for link in self._links:
            self._post(link, self._depth)
        while answered < self.sent and now < end + LAST_ANSWER_S:
            for fd, _ in epoll.poll(0.2):
                link = by_fd[fd]
                data = link.sock.recv(262_144)
                if not data:
                    raise RuntimeError("the server closed a connection")
                found, link.rest = split_answers(link.rest + data)
                now = time.monotonic()
                for status in found:
                    asked_at = link.asked_at.popleft()
                    answered += 1
                    statuses[status] = statuses.get(status, 0) + 1
                    if counted_from <= now < end:
                        took_ms.append((now - asked_at) * 1000)
                if now < end:
                    self._post(link, len(found))
            now = time.monotonic()
        return {
            "rate": len(took_ms) / for_s,
            "sent": self.sent,
            "statuses": statuses,
            "p50_ms": percentile(took_ms, 0.50),
            "p99_ms": percentile(took_ms, 0.99),
        }

    def _post(self, link: _Link, count: int) -> None:
        if not count:
            return
        requests = b"".join(next(self._requests) for _ in range(count))
        link.asked_at.extend([time.monotonic()] * count)
        link.sock.sendall(requests.replace(MARK, stamp()))
        self.sent += count


def _request(path: str, key: str, body: bytes) -> bytes:
    # A stamp is longer than its mark.
    length = len(body.replace(MARK, stamp()))
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    wish = json.loads(sys.stdin.readline())
    print(json.dumps(_Posters(wish).run(wish["warm_s"], wish["for_s"])))
