"""People who send durable messages, in a process of their own: `python -m parlor.load.senders`.

A `Talk` on standard input, then any number of `Do` lines, a `Talked` for each. A sender waits for
the acknowledgement before it sends its next message: nothing is sent twice or in the dark.
"""

from __future__ import annotations

import gc
import heapq
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from parlor.load.connection import Connection, State
from parlor.load.greetings import KEY, Who, native_websocket
from parlor.load.histogram import Histogram
from parlor.load.target import Target, client_context
from parlor.load.wish import count_reason
from parlor.load.worker import raise_file_limit, say
from parlor.wire.native.codec import JSON, Reply
from parlor.wire.native.methods import MessageSend
from parlor.wire.websocket import Opcode, build_masked

TEXT = "The quick brown fox jumps over the lazy dog, and nobody is surprised any more."
FIRST_ID = 100
LAST_ACK_S = 5.0
ENTER_LIMIT_S = 30.0


class Talk(msgspec.Struct, frozen=True):
    """One sender for each of `tokens`, in the conversation at the same place. They send for
    `warm_s`, which is not counted, and `for_s`, `rate` messages a second all together (0: as fast
    as they are acknowledged)."""

    target: Target
    tokens: tuple[str, ...]
    conversations: tuple[str, ...]
    for_s: float
    warm_s: float = 0.0
    rate: float = 0.0


class Talked(msgspec.Struct):
    """`acknowledged` and `refused` are answers, `pushed` what the other members got to see.
    `counted` and `taking` are of the time that counts."""

    sent: int = 0
    acknowledged: int = 0
    refused: dict[str, int] = {}
    pushed: int = 0
    counted: int = 0
    taking: Histogram = msgspec.field(default_factory=Histogram)
    lost: str = ""
    done: bool = False
    cpu: float = 0.0


@dataclass(slots=True)
class _Sender:
    connection: Connection
    conversation: str
    number: int
    sent: int = 0
    sent_at: float = 0.0

    def send(self, now: float) -> None:
        self.sent += 1
        self.sent_at = now
        # Another run with the same people must not repeat what this one has said.
        client_id = f"{self.connection.began_ns}-{self.number}-{self.sent}"
        request = MessageSend(self.conversation, client_id, TEXT)
        message = JSON.build_request(FIRST_ID + self.sent, "message.send", request)
        self.connection.sock.send(build_masked(Opcode.TEXT, message, KEY))


@dataclass
class Senders:
    talk: Talk
    talked: Talked = field(default_factory=Talked)

    def run(self) -> None:
        """Until all is sent and acknowledged and standard input ends."""
        epoll = select.epoll()
        senders = {}
        try:
            for number, token in enumerate(self.talk.tokens):
                sender = _Sender(
                    entered(self.talk.target, number, token),
                    self.talk.conversations[number],
                    number,
                )
                fd = sender.connection.sock.fileno()
                senders[fd] = sender
                epoll.register(fd, select.EPOLLIN)
        except OSError as failed:
            self.talked.lost = str(failed)
        epoll.register(0, select.EPOLLIN)
        gc.freeze()
        say(self.talked)
        self._send_all(epoll, senders)

    def _send_all(self, epoll: select.epoll, senders: dict[int, _Sender]) -> None:
        talk, talked = self.talk, self.talked
        began = time.monotonic()
        used = time.process_time()
        counted_from = began + talk.warm_s
        end = counted_from + talk.for_s
        free = list(senders.values())
        resting: list[tuple[float, int]] = []
        due, gap = began, 1 / talk.rate if talk.rate else 0.0
        while True:
            now = time.monotonic()
            while resting and resting[0][0] <= now:
                free.append(senders[heapq.heappop(resting)[1]])
            while free and due <= now < end and not talked.lost:
                free.pop().send(now)
                talked.sent += 1
                due += gap
            busy = talked.sent > talked.acknowledged
            if not talked.done and (
                talked.lost or (now >= end and (not busy or now > end + LAST_ACK_S))
            ):
                talked.done = True
                talked.cpu = (time.process_time() - used) / max(1e-9, now - began)
            wait_s = due - now if free and now < end else 0.1
            if resting:
                wait_s = min(wait_s, resting[0][0] - now)
            for fd, _ in epoll.poll(max(0.0, min(0.1, wait_s))):
                if not fd:
                    if not sys.stdin.readline():
                        return
                    say(talked)
                    continue
                sender = senders[fd]
                data = sender.connection.read()
                if data == b"":
                    talked.lost = talked.lost or "the server closed a connection"
                    epoll.unregister(fd)
                elif data is not None:
                    for rest_s in self._take_in(sender, data, counted_from, end):
                        heapq.heappush(resting, (now + rest_s, fd))

    def _take_in(
        self, sender: _Sender, data: bytes, counted_from: float, end: float
    ) -> Iterator[float]:
        """For each answer, how long the server wants the sender to wait."""
        now, talked = time.monotonic(), self.talked
        for message in sender.connection.messages(data):
            # A reply begins with its id, a push with its name: no need to decode more.
            if not message.startswith(b'{"id"'):
                talked.pushed += message.startswith(b'{"push":"event"')
                continue
            talked.acknowledged += 1
            if b'"error"' in message:
                reply = JSON.parse_message(message)
                if isinstance(reply, Reply) and reply.error is not None:
                    count_reason(talked.refused, reply.error.code)
                    yield reply.error.retry_after_s
                    continue
            yield 0.0
            if counted_from <= now < end:
                talked.counted += 1
                talked.taking.add((now - sender.sent_at) * 1000)


def entered(target: Target, number: int, token: str) -> Connection:
    """A greeted connection, made while the caller waits. Raises OSError."""
    connection = Connection(number, time.time_ns(), sampled=False)
    context = client_context(target.authority) if target.tls else None
    connection.begin(target, context, slow=False)
    poll = select.poll()
    poll.register(connection.sock, select.POLLOUT)
    end = time.monotonic() + ENTER_LIMIT_S
    try:
        while connection.state is not State.OPEN:
            if time.monotonic() > end:
                raise OSError("no answer to the hello")
            poll.poll(1000)
            if connection.state is State.CONNECTING:
                poll.modify(connection.sock, select.POLLIN)
                if connection.is_connected():
                    connection.greet(native_websocket(Who(token)))
                continue
            data = connection.read()
            if data == b"":
                raise OSError("closed instead of let in")
            connection.received += data or b""
            connection.enter()
    except BaseException:
        connection.close()
        raise
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def main() -> None:
    # The command in the foreground decides when to end, not the key that was pressed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise_file_limit()
    Senders(msgspec.json.decode(sys.stdin.readline(), type=Talk)).run()


if __name__ == "__main__":
    main()
