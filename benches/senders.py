"""People who send as fast as they are acknowledged, in a process of their own.

`python -m benches.senders` reads one JSON line (port, tokens, conversations, for_s, warm_s), opens
a native WebSocket for each token, and prints one JSON line: acknowledged sends, how long they
took, what was pushed to the other members, refusals. Each sender waits for an acknowledgement
before it sends the next message.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from benches.figures import percentile
from benches.greetings import KEY, native_websocket
from parlor.wire.native.codec import JSON, Reply
from parlor.wire.native.methods import MessageSend
from parlor.wire.websocket import FrameReader, Opcode, ReaderLimits, build_masked

TEXT = "The quick brown fox jumps over the lazy dog, and nobody is surprised any more."
FIRST_ID = 100
LAST_ACK_S = 5.0


def send_all(**wish: object) -> Any:
    """Run the process; its result. Raises CalledProcessError when it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "benches.senders"],
        input=json.dumps(wish),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


@dataclass(slots=True)
class _Sender:
    sock: socket.socket
    conversation: str
    number: int
    reader: FrameReader = field(
        default_factory=lambda: FrameReader(ReaderLimits(from_client=False))
    )
    sent: int = 0
    sent_at: float = 0.0

    def send(self, now: float) -> None:
        self.sent += 1
        self.sent_at = now
        request = MessageSend(self.conversation, f"{self.number}-{self.sent}", TEXT)
        message = JSON.build_request(FIRST_ID + self.sent, "message.send", request)
        self.sock.send(build_masked(Opcode.TEXT, message, KEY))


def _enter(port: int, token: str) -> socket.socket:
    greeting = native_websocket(token, "")
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.sendall(greeting.first)
    received = b""
    while not greeting.is_in(received):
        received += sock.recv(65536)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _run(wish: dict[str, Any]) -> dict[str, Any]:
    senders = {}
    for number, (token, conversation) in enumerate(
        zip(wish["tokens"], wish["conversations"], strict=True)
    ):
        sock = _enter(wish["port"], token)
        senders[sock.fileno()] = _Sender(sock, conversation, number)
    epoll = select.epoll()
    for fd in senders:
        epoll.register(fd, select.EPOLLIN)
    gc.freeze()
    took_ms: list[float] = []
    pushed = refused = acknowledged = 0
    began = time.monotonic()
    counted_from, end = began + wish["warm_s"], began + wish["warm_s"] + wish["for_s"]
    for sender in senders.values():
        sender.send(began)
    waiting = len(senders)
    now = began
    while waiting and now < end + LAST_ACK_S:
        for fd, _ in epoll.poll(0.2):
            sender = senders[fd]
            data = sender.sock.recv(65536)
            if not data:
                raise RuntimeError("the server closed a connection")
            now = time.monotonic()
            for message in sender.reader.feed(data):
                # A reply begins with its id, a push with its name: no need to decode more.
                if isinstance(message, str) and message.startswith('{"push"'):
                    pushed += 1
                    continue
                if not isinstance(message, str):
                    continue
                acknowledged += 1
                if '"error"' in message:
                    reply = JSON.parse_message(message)
                    refused += isinstance(reply, Reply) and reply.error is not None
                if counted_from <= now < end:
                    took_ms.append((now - sender.sent_at) * 1000)
                if now < end:
                    sender.send(now)
                else:
                    waiting -= 1
        now = time.monotonic()
    return {
        "rate": len(took_ms) / wish["for_s"],
        "acknowledged": acknowledged,
        "sent": sum(sender.sent for sender in senders.values()),
        "refused": refused,
        "pushed": pushed,
        "p50_ms": percentile(took_ms, 0.50),
        "p99_ms": percentile(took_ms, 0.99),
    }


if __name__ == "__main__":
    print(json.dumps(_run(json.loads(sys.stdin.readline()))))
