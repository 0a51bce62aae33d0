"""One generated connection: its socket, from the first packet on, without ever blocking.

`Gathering` owns them and their places in epoll; nothing here looks at a clock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
from enum import Enum, auto

from parlor.load.greetings import Entered, Greeting
from parlor.load.target import Target

READ_BYTES = 65_536
SLOW_BUFFER_BYTES = 4_096
"""What the kernel may hold for a slow reader; it doubles that."""
_IP_BIND_ADDRESS_NO_PORT = 24  # in Python's socket module from 3.12 on


class State(Enum):
    CONNECTING = auto()
    GREETING = auto()
    OPEN = auto()
    ENDED = auto()


class Connection:
    """`received` is what has come and is no whole message yet."""

    __slots__ = (
        "began_ns", "greeting", "number", "received", "sampled", "sock", "state",
    )  # fmt: skip

    def __init__(self, number: int, began_ns: int, *, sampled: bool) -> None:
        self.number = number
        self.greeting: Greeting
        self.began_ns = began_ns
        self.sampled = sampled
        self.state = State.CONNECTING
        self.received = b""
        self.sock: socket.socket | ssl.SSLSocket

    def begin(self, target: Target, context: ssl.SSLContext | None, *, slow: bool) -> None:
        """Send the first packet. Raises OSError."""
        family = socket.AF_INET6 if ":" in target.at else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if source := target.source(self.number):
                sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((source, 0))
            if slow:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER_BYTES)
            answer = sock.connect_ex((target.at, target.port))
            if answer not in (0, errno.EINPROGRESS):
                raise OSError(answer, os.strerror(answer))
        except BaseException:
            sock.close()
            raise
        self.sock = sock
        if context is not None:
            self.sock = context.wrap_socket(
                sock, server_hostname=target.host, do_handshake_on_connect=False
            )

    def is_connected(self) -> bool:
        """Whether it can be greeted: to be asked when the socket can be written to, and while TLS
        shakes hands when it can be read. Raises OSError, of which ssl.SSLError is one."""
        failed = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            raise OSError(failed, os.strerror(failed))
        if isinstance(self.sock, ssl.SSLSocket):
            try:
                self.sock.do_handshake()
            except ssl.SSLWantReadError:
                return False
        return True

    def greet(self, greeting: Greeting) -> None:
        """Raises OSError."""
        self.greeting = greeting
        if greeting.first:
            self.sock.send(greeting.first)
        self.state = State.GREETING

    def read(self, size: int = READ_BYTES) -> bytes | None:
        """What has come; b"" when the other side has ended, None when there is nothing now."""
        try:
            data = self.sock.recv(size)
            if isinstance(self.sock, ssl.SSLSocket):
                # What OpenSSL has decrypted already does not show in epoll.
                while data and self.sock.pending():
                    data += self.sock.recv(size)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except OSError:
            return b""
        return data

    def enter(self) -> Entered | None:
        """The answer to the greeting, if it is all there. Raises Refused, OSError."""
        entered = self.greeting.enter(self.received)
        if entered is not None:
            if entered.then:
                self.sock.send(entered.then)
            self.state = State.OPEN
            self.received = entered.rest
        return entered

    def messages(self, data: bytes) -> list[bytes]:
        """Those that `data` completes."""
        found, self.received = self.greeting.cut(self.received + data if self.received else data)
        return found

    def say(self, message: bytes) -> None:
        # Full of what the server does not read, or gone: then it is the server that notices.
        with contextlib.suppress(OSError):
            self.sock.send(message)

    def close(self) -> None:
        self.state = State.ENDED
        self.sock.close()
