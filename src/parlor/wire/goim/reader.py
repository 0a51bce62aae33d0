"""Cutting a TCP stream into frames, whatever the segments are."""

from __future__ import annotations

from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.wire.goim.frame import HEADER_BYTES, MAX_BODY_BYTES, Frame, check_header, decode_frame


class FrameReader:
    """Feed what arrived, then take frames until there is none.

    A bad header raises WireError when its turn comes, so the good frames before it are still
    served. It raises as soon as 16 bytes of it are there: the body of an over-long frame is
    never waited for. After the first error the stream has no meaning; feed nothing more.
    """

    __slots__ = ("_at", "_buffer", "_max_body_bytes")

    def __init__(self, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._max_body_bytes = max_body_bytes
        self._buffer = bytearray()
        self._at = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes held that are not yet a taken frame."""
        return len(self._buffer) - self._at

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take_frame(self) -> Frame | None:
        """The next whole frame, or None until more is fed. Raises WireError."""
        at, buffer = self._at, self._buffer
        if len(buffer) - at < HEADER_BYTES:
            self._forget_taken()
            return None
        with memoryview(buffer)[at : at + HEADER_BYTES] as header:
            packet_bytes = check_header(header, self._max_body_bytes)
        if len(buffer) - at < packet_bytes:
            self._forget_taken()
            return None
        self._at = at + packet_bytes
        return decode_frame(bytes(buffer[at : self._at]))

    def _forget_taken(self) -> None:
        # Once per feed, not once per frame: dropping the head of a bytearray moves the rest.
        if self._at:
            del self._buffer[: self._at]
            self._at = 0


def split_frames(body: bytes) -> list[Frame]:
    """The frames of an operation 9: what a WebSocket client does with a push.

    Raises WireError when the last frame is not whole. Bodies may be of any size.
    """
    reader = FrameReader(len(body))
    reader.feed(body)
    frames = []
    while (frame := reader.take_frame()) is not None:
        frames.append(frame)
    if reader.waiting_bytes:
        raise WireError("The last frame of the batch is not whole.", close=CloseCode.MALFORMED)
    return frames
