"""Messages on a TCP stream: a 4-byte big-endian length before each."""

from __future__ import annotations

from collections.abc import Iterator

from parlor.model.close import CloseCode
from parlor.model.errors import WireError

LENGTH_BYTES = 4


def build_framed(message: bytes) -> bytes:
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


class LengthReader:
    """Cuts one connection's bytes into messages. Holds at most one unfinished message."""

    __slots__ = ("_max_bytes", "_rest")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that `data` completes. Iterate to the end at once, before the next call.

        Raises WireError, while iterating, as soon as a length is 0 or over the limit: after the
        messages before it, and without waiting for its bytes. Feed nothing more then.
        """
        # One join per segment: a slow sender of a long message costs O(n^2 / segment), which the
        # message limit keeps under a millisecond.
        waiting = self._rest + data if self._rest else data
        at = 0
        while len(waiting) - at >= LENGTH_BYTES:
            size = int.from_bytes(waiting[at : at + LENGTH_BYTES], "big")
            if size == 0:
                raise WireError("an empty message", close=CloseCode.MALFORMED)
            if size > self._max_bytes:
                raise WireError("a message over the limit", close=CloseCode.TOO_BIG)
            end = at + LENGTH_BYTES + size
            if end > len(waiting):
                break
            yield waiting[at + LENGTH_BYTES : end]
            at = end
        self._rest = waiting[at:]
