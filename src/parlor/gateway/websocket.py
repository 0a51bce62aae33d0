"""The native protocol over WebSocket, from the 101 response on.

The frames are `wire.websocket`'s business; this answers pings, carries messages and sees to it
that both sides have said close before the socket is closed (RFC 6455 §7.1).
"""

from __future__ import annotations

from parlor.gateway.frames import NativeFrames
from parlor.gateway.native import Native, NativeConnection
from parlor.gateway.state.outbox import Frame
from parlor.model.close import Close, CloseCode
from parlor.model.errors import WireError
from parlor.model.push import Delivery
from parlor.wire.websocket import (
    CloseReceived,
    FrameReader,
    Opcode,
    Ping,
    Pong,
    ReaderLimits,
    build_close,
    build_frame,
)

_NOTHING_YET = 0


class WebSocketConnection(NativeConnection):
    __slots__ = ("_peer_code", "_reader")

    def __init__(self, native: Native, frames: NativeFrames, limits: ReaderLimits) -> None:
        super().__init__(native, frames)
        self._reader: FrameReader | None = FrameReader(limits)
        self._peer_code = _NOTHING_YET

    def feed(self, data: bytes) -> None:
        """Pings in a row are answered by the pong of the last (§5.5.3), before anything else."""
        if self._reader is None:
            return
        ping: Ping | None = None
        try:
            for event in self._reader.feed(data):
                if ping is not None and not isinstance(event, Ping):
                    self._answer(ping)
                    ping = None
                match event:
                    case str() | bytes():
                        self._on_event(event)
                    case Ping():
                        ping = event
                    case CloseReceived(code=code):
                        self._on_close(code)
                        return
                    case Pong():
                        pass
        except WireError as broken:
            if ping is not None:
                self._answer(ping)
                ping = None
            self._reader = None
            if self.link.closing is None:
                self.link.close(Close(CloseCode(broken.close)))
            else:
                self.transport.close()
        if ping is not None:
            self._answer(ping)

    def farewell(self, close: Close) -> bytes:
        """The peer's own code when it closed first (§5.5.1), else `bye` and the reason."""
        if self._peer_code != _NOTHING_YET:
            return build_close(self._peer_code)
        return super().farewell(close) + build_close(close.code, close.reason)

    def finish(self) -> None:
        """Close now if nothing more can come; else the peer's close does it, or the timer."""
        if self._peer_code != _NOTHING_YET or self._reader is None:
            super().finish()

    def _answer(self, ping: Ping) -> None:
        self.link.put(Frame(build_frame(Opcode.PONG, ping.payload), Delivery.MUST_ARRIVE))

    def _on_event(self, message: str | bytes) -> None:
        if isinstance(message, str) is self.codec.is_text:
            self.on_message(message)
        else:
            self.link.close(Close(CloseCode.UNSUPPORTED))

    def _on_close(self, code: int) -> None:
        self._reader = None
        self._peer_code = code
        if self.link.closing is None:
            self.link.close(Close(CloseCode.NORMAL))
        else:
            self.transport.close()
