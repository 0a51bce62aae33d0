"""What a protocol above TLS has for a transport, and the socket's transport for a protocol.

Made by `handshake` once the keys are there. It reads and writes records and keeps the promises of
`asyncio.Transport` to the protocol above: nothing is delivered after `close` or while reading is
paused, and one `write` is one write below.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable
from typing import Any

RECORD_BYTES = 16_384
"""The most plain text that a record has (RFC 8446 §5.1)."""

Bytes = bytes | bytearray | memoryview


class TlsTransport(asyncio.Transport, asyncio.Protocol):
    """`incoming` and `outgoing` are the two sides of `tls`, and nobody else's.

    `on_broken` hears of records that are none of this connection's.
    """

    __slots__ = (
        "_below",
        "_incoming",
        "_is_closing",
        "_is_paused",
        "_on_broken",
        "_outgoing",
        "_tls",
        "_upper",
    )

    def __init__(
        self,
        below: asyncio.Transport,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        on_broken: Callable[[], None],
    ) -> None:
        # Without the dictionary that asyncio would give each transport: see `get_extra_info`.
        self._below = below
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._on_broken = on_broken
        self._upper: asyncio.Protocol | None = None
        self._is_closing = False
        self._is_paused = False

    def open(self, upper: asyncio.Protocol) -> None:
        """Introduce the protocol above, then give it what came with the end of the handshake."""
        self._upper = upper
        upper.connection_made(self)
        self._deliver()

    # The protocol of the transport below.

    def data_received(self, data: bytes) -> None:
        if not self._is_closing:
            self._incoming.write(data)
            self._deliver()

    def eof_received(self) -> None:
        """The peer may not write half the way: the transport below closes."""
        if self._upper is not None:
            self._upper.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closing = True
        # The two would otherwise hold each other until the next collection of garbage.
        upper, self._upper = self._upper, None
        if upper is not None:
            upper.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._upper is not None:
            self._upper.pause_writing()

    def resume_writing(self) -> None:
        if self._upper is not None:
            self._upper.resume_writing()

    # The transport of the protocol above.

    def write(self, data: Bytes) -> None:
        if self._is_closing or not data:
            return
        try:
            sent = self._tls.write(data)
            while sent < len(data):
                sent += self._tls.write(memoryview(data)[sent:])
        except ssl.SSLError:
            self._break_off()
            return
        self._below.write(self._outgoing.read())

    def writelines(self, list_of_data: Iterable[Bytes]) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        """Say so to the peer (close_notify), write what waits, do not wait for its answer."""
        if self._is_closing:
            return
        self._is_closing = True
        # SSLWantReadError, as the peer has not answered; or it has broken off before.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._send()
        self._below.close()

    def abort(self) -> None:
        self._is_closing = True
        self._below.abort()

    def is_closing(self) -> bool:
        return self._is_closing or self._below.is_closing()

    def pause_reading(self) -> None:
        if not (self._is_closing or self._is_paused):
            self._is_paused = True
            self._below.pause_reading()

    def resume_reading(self) -> None:
        if self._is_closing or not self._is_paused:
            return
        self._is_paused = False
        self._below.resume_reading()
        if self._incoming.pending or self._tls.pending():
            asyncio.get_running_loop().call_soon(self._deliver)

    def is_reading(self) -> bool:
        return not (self._is_closing or self._is_paused)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._upper = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        assert self._upper is not None
        return self._upper

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "sslcontext":
            return self._tls.context
        if name == "ssl_object":
            return self._tls
        return self._below.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._below.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._below.get_write_buffer_limits()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._below.set_write_buffer_limits(high, low)

    def _deliver(self) -> None:
        """Hand up what can be read. The protocol above may close, pause or hand over meanwhile."""
        incoming, tls = self._incoming, self._tls
        while not (self._is_closing or self._is_paused) and (incoming.pending or tls.pending()):
            try:
                # A buffer as large as a record, made anew for a heartbeat, costs 0.5 µs.
                data = tls.read(min(incoming.pending or RECORD_BYTES, RECORD_BYTES))
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                data = b""
            except ssl.SSLError:
                self._on_broken()
                self._break_off()
                return
            if not data:
                self.close()
            elif self._upper is not None:
                self._upper.data_received(data)
        # Reading may have something to answer: a key update (RFC 8446 §4.6.3).
        if not self._is_closing:
            self._send()

    def _break_off(self) -> None:
        """The alert, if OpenSSL wrote one, is the last thing the peer gets (RFC 8446 §6.2)."""
        self._is_closing = True
        self._send()
        self._below.close()

    def _send(self) -> None:
        if self._outgoing.pending:
            self._below.write(self._outgoing.read())
