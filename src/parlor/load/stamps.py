"""When a body was due to leave, written into the body itself.

`@` may stand nowhere else in what a server writes to a generated connection: it is what is
counted. All processes of one machine share the clock, so it is good between them.
"""

from __future__ import annotations

import time

MARK = b"@"
STAMP_BYTES = 20


def stamp(at_ns: int | None = None) -> bytes:
    """`@` and the monotonic clock in nanoseconds: now, unless `at_ns` is given."""
    return b"@%019d" % (time.monotonic_ns() if at_ns is None else at_ns)


def latencies_ms(message: bytes, now_ns: int) -> list[float]:
    """How long ago each stamp of a whole message was made."""
    return [(now_ns - int(after[: STAMP_BYTES - 1])) / 1e6 for after in message.split(MARK)[1:]]
