"""A connection until its keys are there: the first byte, the handshake, the time it may take."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from enum import Enum
from typing import Protocol, cast

from parlor.gateway.gateway import Gateway
from parlor.gateway.tls.transport import TlsTransport
from parlor.gateway.waiting import Waiting

HANDSHAKE_RECORD = 0x16
"""What every TLS connection begins with (RFC 8446 §5.1), and no protocol of ours does."""


class Failure(Enum):
    """Why a handshake came to nothing; the label of a metric."""

    TIMEOUT = "timeout"
    PLAIN = "plain"
    TOO_MANY = "too_many"
    VERSION = "version"
    CIPHER = "cipher"
    REFUSED = "refused"
    """The client did not like what it was shown, most often the certificate."""
    GONE = "gone"
    BROKEN = "broken"


class Doorkeeper(Protocol):
    """What a handshake asks of its listener."""

    gateway: Gateway
    context: ssl.SSLContext
    timeout_s: float

    def begin(self, handshake: Handshake) -> bool:
        """Whether there is room for one more."""

    def end(self, handshake: Handshake, failure: Failure | None) -> None:
        """It is over, well or not. Harmless twice."""

    def broken(self) -> None:
        """An established connection sent what could not be deciphered."""


class Handshake(Waiting):
    """`make` is called once there is somebody to talk to; `answer_plain` gives the last words to a
    client that begins without TLS, None lets it in as it is."""

    __slots__ = (
        "_answer_plain",
        "_incoming",
        "_keeper",
        "_make",
        "_outgoing",
        "_tls",
    )

    def __init__(
        self,
        keeper: Doorkeeper,
        make: Callable[[], asyncio.Protocol],
        answer_plain: Callable[[bytes], bytes] | None,
        address: str = "",
    ) -> None:
        super().__init__(keeper.gateway, address)
        self._keeper = keeper
        self._make = make
        self._answer_plain = answer_plain
        self._incoming = self._outgoing = cast("ssl.MemoryBIO", None)
        self._tls: ssl.SSLObject | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        wheel = self.gateway.wheel
        wheel.schedule(self, wheel.now + self._keeper.timeout_s)
        if not self._keeper.begin(self):
            self._fail(Failure.TOO_MANY)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._tls is None:
            if data[0] != HANDSHAKE_RECORD:
                self._on_plain(data)
                return
            self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._tls = self._keeper.context.wrap_bio(
                self._incoming, self._outgoing, server_side=True
            )
        self._incoming.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._send()
        except ssl.SSLError as refused:
            self._send()
            self._fail(_failure_of(refused))
        else:
            self._send()
            self._finish(self._tls)

    def eof_received(self) -> None:
        """The transport closes; `connection_lost` counts it."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._keeper.end(self, Failure.GONE)
        super().connection_lost(exc)

    def on_time(self, now: float) -> float | None:
        self._fail(Failure.TIMEOUT)
        return None

    def cut(self) -> None:
        """The listener closes: there is nothing yet that could be lost."""
        self._fail(Failure.GONE)

    def _finish(self, tls: ssl.SSLObject) -> None:
        self._keeper.end(self, None)
        above = TlsTransport(
            self.transport, tls, self._incoming, self._outgoing, self._keeper.broken
        )
        self.hand_on(above, b"")
        above.open(self._make())

    def _on_plain(self, data: bytes) -> None:
        if self._answer_plain is not None:
            self.transport.write(self._answer_plain(data))
            self._fail(Failure.PLAIN)
            return
        self._keeper.end(self, None)
        self.hand_on(self._make(), data)

    def _fail(self, failure: Failure) -> None:
        self._keeper.end(self, failure)
        self.transport.close()

    def _send(self) -> None:
        if self._outgoing.pending:
            self.transport.write(self._outgoing.read())


def _failure_of(error: ssl.SSLError) -> Failure:
    reason = error.reason or ""
    if "ALERT" in reason:
        return Failure.REFUSED
    if "VERSION" in reason or reason == "UNSUPPORTED_PROTOCOL":
        return Failure.VERSION
    return Failure.CIPHER if reason == "NO_SHARED_CIPHER" else Failure.BROKEN
