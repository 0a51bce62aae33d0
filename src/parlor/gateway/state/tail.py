"""What was said to one reader over HTTP and is not acknowledged yet: numbered pieces, in order.

A response that breaks off tells nobody how much of it arrived, so every piece is kept until the
reader names its number. Owns the numbers and the count of bytes, not the responses. Called by
`gateway.longpoll`.
"""

from __future__ import annotations

from parlor.model.errors import BadRequest


class Tail:
    """Pieces are numbered 1, 2, 3 …; a reader that has nothing has 0.

    `max_bytes` bounds nothing by itself: `is_full` tells the writer to wait. A list exists only
    while something is unacknowledged.
    """

    __slots__ = ("_bytes", "_max_bytes", "_pieces", "last")

    def __init__(self, max_bytes: int) -> None:
        self.last = 0
        """The number of the newest piece."""
        self._pieces: list[bytes] | None = None
        self._max_bytes = max_bytes
        self._bytes = 0

    def add(self, piece: bytes) -> None:
        if self._pieces is None:
            self._pieces = [piece]
        else:
            self._pieces.append(piece)
        self._bytes += len(piece)
        self.last += 1

    def acknowledge(self, upto: int) -> None:
        """Forget what the reader has. One that comes late (lower than before) changes nothing.

        Raises BadRequest for a number that no piece had yet.
        """
        if upto > self.last:
            raise BadRequest(f"There is nothing numbered {upto} to acknowledge.")
        done = upto - self.gone
        if done <= 0 or self._pieces is None:
            return
        self._bytes -= sum(len(piece) for piece in self._pieces[:done])
        if done == len(self._pieces):
            self._pieces = None
        else:
            del self._pieces[:done]

    def after(self, number: int) -> list[bytes]:
        """The pieces from `number` + 1 to `last`.

        Raises BadRequest when some of them were acknowledged, so are gone.
        """
        start = number - self.gone
        if start < 0:
            raise BadRequest(f"Everything up to {self.gone} was acknowledged; {number} is behind.")
        return [] if self._pieces is None else self._pieces[start:]

    @property
    def is_full(self) -> bool:
        return self._bytes >= self._max_bytes

    @property
    def waiting_bytes(self) -> int:
        return self._bytes

    def clear(self) -> None:
        """The reader is gone for good: acknowledged or not, nobody will ask."""
        self._pieces = None
        self._bytes = 0

    @property
    def gone(self) -> int:
        """The number of the newest piece that is no longer kept."""
        return self.last if self._pieces is None else self.last - len(self._pieces)
