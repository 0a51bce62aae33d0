"""goim over TCP: frames back to back, both ways (goim §2.1)."""

from __future__ import annotations

from parlor.doors.goim.connection import GoimConnection, Listener
from parlor.wire.goim.frame import Frame
from parlor.wire.goim.reader import FrameReader


class GoimTcp(GoimConnection):
    __slots__ = ("_reader",)

    def __init__(self, listener: Listener, address: str = "") -> None:
        super().__init__(listener, address)
        self._reader = FrameReader(listener.settings.max_body_bytes)

    def take_in(self, data: bytes) -> None:
        self._reader.feed(data)

    def take_frame(self) -> Frame | None:
        return self._reader.take_frame()

    def wrap(self, frame: bytes) -> bytes:
        return frame
