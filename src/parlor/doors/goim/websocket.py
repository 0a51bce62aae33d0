"""goim over WebSocket: `/sub`, one frame to a binary message (goim §2.5).

As liberal as goim in what it takes: text, binary and continuation frames, masked or not; and as
silent: no close frame, neither first nor in answer. Pings are answered at once.
"""

from __future__ import annotations

from collections import deque

from parlor.doors.goim.connection import GoimConnection, Listener
from parlor.doors.goim.upgrade import answer_upgrade, headers_of, take_head
from parlor.gateway.state.outbox import Frame as Bytes
from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.model.push import Delivery
from parlor.wire.goim.frame import Frame, parse_message
from parlor.wire.websocket import (
    CloseReceived,
    FrameReader,
    Opcode,
    Ping,
    Pong,
    ReaderLimits,
    build_frame,
)

_LIMITS = ReaderLimits(max_frame_bytes=8192, max_message_bytes=8192, lenient=True)
"""goim's read buffer; one frame of 4,112 bytes is all that it would look at."""


class GoimWebSocket(GoimConnection):
    """`_head` collects the request until it is whole; None afterwards."""

    __slots__ = ("_fault", "_head", "_messages", "_reader")

    def __init__(self, listener: Listener, address: str = "") -> None:
        super().__init__(listener, address)
        self._head: bytearray | None = bytearray()
        self._reader = FrameReader(_LIMITS)
        self._messages: deque[bytes] | None = None
        self._fault: WireError | None = None

    def take_in(self, data: bytes) -> None:
        """A fault waits its turn behind the messages that came before it."""
        try:
            rest = data if self._head is None else self._shake_hands(self._head, data)
            for event in self._reader.feed(rest):
                match event:
                    case bytes():
                        self._queue().append(event)
                    case Ping(payload):
                        pong = build_frame(Opcode.PONG, payload)
                        self.link.put(Bytes(pong, Delivery.MUST_ARRIVE))
                    case CloseReceived():
                        raise WireError("The client is done.", close=CloseCode.NORMAL)
                    case Pong() | str():
                        pass
        except WireError as fault:
            self._fault = fault

    def take_frame(self) -> Frame | None:
        if self._messages:
            message = self._messages.popleft()
            return parse_message(message, self.listener.settings.max_body_bytes)
        self._messages = None
        if self._fault is not None:
            raise self._fault
        return None

    def wrap(self, frame: bytes) -> bytes:
        return build_frame(Opcode.BINARY, frame)

    def _queue(self) -> deque[bytes]:
        if self._messages is None:
            self._messages = deque()
        return self._messages

    def _shake_hands(self, collected: bytearray, data: bytes) -> bytes:
        """What follows the request in `data`, once the request is whole and answered."""
        collected += data
        head = take_head(collected)
        if head is None:
            return b""
        response = answer_upgrade(head, self.listener.origins)
        trusted = self.gateway.trusted
        if trusted.trusts(self.link.address):
            self.come_from(trusted.sender(self.link.address, headers_of(head)).address)
        self.link.put(Bytes(response, Delivery.MUST_ARRIVE))
        self._head = None
        return bytes(collected)
