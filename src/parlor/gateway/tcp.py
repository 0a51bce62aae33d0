"""The native protocol over TCP: MessagePack messages, each after its length."""

from __future__ import annotations

from parlor.gateway.frames import TCP_FRAMES
from parlor.gateway.native import Native, NativeConnection
from parlor.model.close import Close, CloseCode
from parlor.model.errors import WireError
from parlor.wire.native.framing import LengthReader
from parlor.wire.native.pushes import ByePush


class TcpConnection(NativeConnection):
    __slots__ = ("_reader",)

    def __init__(self, native: Native) -> None:
        super().__init__(native, TCP_FRAMES)
        self._reader = LengthReader(native.gateway.settings.max_message_bytes)

    def feed(self, data: bytes) -> None:
        if self.link.closing is not None:
            return
        try:
            for message in self._reader.feed(data):
                self.on_message(message)
        except WireError as broken:
            self.link.close(Close(CloseCode(broken.close)))

    def farewell(self, close: Close) -> bytes:
        """Always a `bye`: TCP has no close code of its own."""
        bye = ByePush(close.code, close.reason)
        return self.frames.wrap(self.codec.build_push("bye", bye))
