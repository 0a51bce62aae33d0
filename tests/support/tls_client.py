"""A TLS client at the other end of a FakeSocket, without a loop and without a clock."""

from __future__ import annotations

import contextlib
import ssl

from tests.support.certificates import subject_of, trusting
from tests.support.fake_socket import FakeSocket


class TlsClient:
    """`received` is what the protocol above TLS wrote; `ended` whether it said that it is done."""

    def __init__(
        self,
        socket: FakeSocket,
        name: str | None = None,
        context: ssl.SSLContext | None = None,
        segment: int = 65_536,
    ) -> None:
        self.socket = socket
        self.received = b""
        self.ended = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = context or trusting()
        if name is None:
            context.check_hostname = False
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._segment = segment
        self._read = 0
        self._is_open = False

    @property
    def subject(self) -> str:
        return subject_of(self.tls)

    def exchange(self) -> None:
        """Let both sides say all they have to say. Raises SSLError when this one refuses."""
        while True:
            new = self.socket.received[self._read :]
            self._read += len(new)
            self._incoming.write(new)
            try:
                self._step()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLZeroReturnError:
                self.ended = True
            finally:
                moved = self._hand_over()
            if not new and not moved:
                return

    def open(self) -> None:
        self.exchange()
        assert self._is_open

    def send(self, data: bytes) -> None:
        self.tls.write(data)
        self.exchange()

    def first_flight(self) -> bytes:
        """The client's hello, for a test that delivers it itself."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self._outgoing.read()

    def exchange_with_last_words(self, data: bytes) -> None:
        """Say `data` in the same segment as the end of the handshake."""
        self.socket.deliver(self.first_flight())
        self._incoming.write(self.socket.received)
        self._read = len(self.socket.received)
        self.tls.do_handshake()
        self._is_open = True
        self.tls.write(data)
        self._hand_over()

    def encrypt(self, data: bytes) -> bytes:
        """The records of `data`, for a test that delivers them itself."""
        self.tls.write(data)
        return self._outgoing.read()

    def say_goodbye(self) -> None:
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self._hand_over()

    def _step(self) -> None:
        if not self._is_open:
            self.tls.do_handshake()
            self._is_open = True
        while data := self.tls.read(65_536):
            self.received += data
        self.ended = True

    def _hand_over(self) -> bool:
        data = self._outgoing.read()
        if not data or self.socket.closed:
            return False
        for at in range(0, len(data), self._segment):
            self.socket.deliver(data[at : at + self._segment])
        return True
