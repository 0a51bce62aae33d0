"""One link over HTTP as a native connection: who reads it now, what was sent up so far."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from parlor.gateway.frames import HTTP_FRAMES
from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.longpoll.transport import HttpTransport, Reader
from parlor.gateway.native import Native, NativeConnection
from parlor.model.close import Close, CloseCode
from parlor.model.errors import BadRequest
from parlor.wire.native.pushes import ByePush

_messages = msgspec.json.Decoder(list[msgspec.Raw])


class HttpLink(NativeConnection):
    """`secret` is how its requests are known; `on_gone` is called once, when it is over."""

    __slots__ = ("_on_gone", "_settings", "_unread_since", "_up", "http", "secret")

    def __init__(
        self,
        native: Native,
        settings: LongpollSettings,
        address: str,
        secret: str,
        on_gone: Callable[[HttpLink], None],
    ) -> None:
        super().__init__(native, HTTP_FRAMES)
        self.secret = secret
        self.http = HttpTransport(self, address, settings.tail_bytes)
        self._settings = settings
        self._on_gone = on_gone
        self._unread_since = self.heard_at
        self._up = 0

    def feed(self, data: bytes) -> None:
        """One whole message."""
        if len(data) > self.gateway.settings.max_message_bytes:
            self.link.close(Close(CloseCode.TOO_BIG))
        else:
            self.on_message(data)

    def on_body(self, body: bytes, number: int | None) -> None:
        """Handle the messages of a request, one or an array of them, in order.

        `number` counts the client's requests from 1: one that was handled before is not handled
        again, since the client could not know. None is not checked. Raises BadRequest for one
        that leaves others out.
        """
        self.heard_at = self.gateway.wheel.now
        if number is not None:
            if number <= self._up:
                return
            if number > self._up + 1:
                raise BadRequest(f"Request {self._up + 1} must come before {number}.")
            self._up = number
        for message in _split(body):
            self.data_received(message)

    def attach(self, reader: Reader, has: int) -> None:
        """`reader` takes what comes after number `has`, instead of whoever read before.

        Raises BadRequest when that number cannot be.
        """
        now = self.gateway.wheel.now
        self.http.acknowledge(has)
        self.http.tail.after(has)
        self.heard_at = now
        older, self.http.reader = self.http.reader, reader
        if older is not None:
            older.on_replaced()
        self._look_again(now)
        if self.http.tail.last > has or self.http.is_closing():
            reader.on_more()

    def detach(self, reader: Reader) -> None:
        """`reader` is done or broken. The link waits for the next one."""
        if self.http.reader is not reader:
            return
        self.http.reader = None
        self._unread_since = self.gateway.wheel.now
        self._look_again(self._unread_since)

    def check_time(self, now: float) -> float | Close:
        verdict = super().check_time(now)
        if isinstance(verdict, Close):
            return verdict
        reader = self.http.reader
        if reader is not None:
            return min(verdict, reader.check_time(now))
        unread_by = self._unread_since + self._settings.reader_gap_s
        return min(verdict, unread_by) if now < unread_by else Close(CloseCode.IDLE)

    def farewell(self, close: Close) -> bytes:
        """Always a `bye`: a response has no close code."""
        bye = ByePush(close.code, close.reason)
        return self.frames.wrap(self.codec.build_push("bye", bye))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._on_gone(self)

    def _look_again(self, now: float) -> None:
        """Whoever reads decides when the next appointment is."""
        # A closing link has its last one, which is not to be moved.
        if self.link.closing is None and (again := self.on_time(now)) is not None:
            self.gateway.wheel.schedule(self, again)


def _split(body: bytes) -> list[bytes]:
    """An array that cannot be read is one message that cannot be read."""
    if not body.lstrip().startswith(b"["):
        return [body] if body else []
    try:
        return [bytes(message) for message in _messages.decode(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [body]
