"""A socket made of HTTP responses: what a `Stream` writes waits in the tail for the next of them.

The connection above cannot tell it from a socket: it is paused while too much is unacknowledged,
closed once the reader has the rest, aborted when nobody comes for it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from parlor.gateway.state.tail import Tail


class Reader(Protocol):
    """The open response of a link."""

    def on_more(self) -> None:
        """There is more in the tail, or the transport is closing. May not write at once."""

    def check_time(self, now: float) -> float:
        """When to look again (monotonic); writes what its client has to hear meanwhile."""

    def on_replaced(self) -> None:
        """Another response reads from now on: end this one."""


class HttpTransport(asyncio.Transport):
    """`reader` is None between two responses. One protocol for life."""

    __slots__ = ("_address", "_is_closing", "_is_gone", "_is_paused", "_protocol", "reader", "tail")

    def __init__(self, protocol: asyncio.Protocol, address: str, max_bytes: int) -> None:
        # Not the parent's: it would make a dict for each link.
        self._protocol = protocol
        self._address = address
        self.tail = Tail(max_bytes)
        self.reader: Reader | None = None
        self._is_paused = False
        self._is_closing = False
        self._is_gone = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._address, 0) if name == "peername" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """The limit is the setting's: a reader acknowledges by its next request, not at once."""

    def get_write_buffer_size(self) -> int:
        return self.tail.waiting_bytes

    def write(self, data: Any) -> None:
        if self._is_closing or not data:
            return
        self.tail.add(bytes(data))
        if self.tail.is_full and not self._is_paused:
            self._is_paused = True
            self._protocol.pause_writing()
        if self.reader is not None:
            self.reader.on_more()

    def acknowledge(self, upto: int) -> None:
        """The client has everything up to this number. Raises BadRequest."""
        self.tail.acknowledge(upto)
        if self._is_paused and not self.tail.is_full:
            self._is_paused = False
            self._protocol.resume_writing()

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        """Take nothing more; the reader gets the rest, and with it the end. Without a reader the
        next one does, if it comes in time."""
        self._is_closing = True
        if self.reader is not None:
            self.reader.on_more()

    def abort(self) -> None:
        """It is over, also for whoever still reads. Harmless twice."""
        if self._is_gone:
            return
        self._is_closing = self._is_gone = True
        self.tail.clear()
        if self.reader is not None:
            self.reader.on_more()
        self._protocol.connection_lost(None)
