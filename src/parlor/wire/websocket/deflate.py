"""Compressing a message and inflating one, a window for each message (RFC 7692 §7.2).

`parser` inflates what a peer sends; the gateway deflates what it sends, once for all receivers.
"""

from __future__ import annotations

import zlib

from parlor.model.errors import WireError
from parlor.wire.websocket.deflate_terms import MAX_WINDOW_BITS

BAD_DATA = 1007
MAX_RESTARTS = 16
"""Blocks marked as last that one message may have. Each costs a new zlib object: unlimited, 100 kB
of them would cost a second."""

_WINDOW_BYTES = 1 << MAX_WINDOW_BITS
_TAIL = b"\0\0\xff\xff"
_LAST_BLOCK = b"\x03\0"


def deflate(payload: bytes, window_bits: int = MAX_WINDOW_BITS, level: int = 3) -> bytes:
    """The payload of a compressed message; its frame must have RSV1. `window_bits`: 9 to 15.

    3 µs for 200 bytes, 6 for 5,000, while `window_bits` is at most 13: a window of 15 bits means
    256 kB to clear before the first byte.
    """
    stream = zlib.compressobj(level, zlib.DEFLATED, -window_bits, window_bits - 7)
    return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]


class Inflater:
    """One message that is being inflated: about 40 kB until it is complete.

    Inflates with the largest window, which reads what any smaller one has made.
    """

    __slots__ = ("_is_empty", "_restarts", "_stream")

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(-MAX_WINDOW_BITS)
        self._restarts = 0
        self._is_empty = True

    def feed(self, data: bytes, room: int, before: bytearray) -> bytes:
        """What `data` inflates to, and never more than `room` bytes and one: with that one the
        message is over the limit. `before` is what came out until now.

        Raises WireError (1007) for data that is not DEFLATE, also when they are so right behind
        the limit: zlib looks one symbol further than it has room for.
        """
        if not data:
            return b""
        self._is_empty = False
        try:
            out = self._stream.decompress(data, room + 1)
            while self._stream.eof and len(out) <= room:
                out += self._go_on(
                    (before[-_WINDOW_BYTES:] + out)[-_WINDOW_BYTES:], room - len(out)
                )
        except zlib.error as fault:
            raise WireError("a compressed message is not DEFLATE", close=BAD_DATA) from fault
        return out

    def finish(self, room: int, before: bytearray) -> bytes:
        """The rest of the message, after its last byte. Raises WireError also when it is cut off.

        A message without a single byte is taken as empty, though its sender should have sent one.
        """
        if self._is_empty:
            return b""
        out = self.feed(_TAIL, room, before)
        if len(out) <= room:
            # At its end the stream is between two blocks: only there a last one can follow.
            try:
                more = self._stream.decompress(_LAST_BLOCK, 1)
            except zlib.error as fault:
                raise WireError("a compressed message is cut off", close=BAD_DATA) from fault
            if more or not self._stream.eof:
                raise WireError("a compressed message is cut off", close=BAD_DATA)
        return out

    def _go_on(self, window: bytes | bytearray, room: int) -> bytes:
        """A block marked as last does not end the message (§7.2.3.4): the next may follow, and
        may refer to what came before."""
        rest = self._stream.unused_data
        self._restarts += 1
        if self._restarts > MAX_RESTARTS:
            raise WireError("a compressed message of too many streams", close=BAD_DATA)
        self._stream = zlib.decompressobj(-MAX_WINDOW_BITS, zdict=bytes(window))
        return self._stream.decompress(rest, room + 1)
