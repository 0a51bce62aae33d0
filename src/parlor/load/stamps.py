"""When a body was due to leave, written into the body itself.

A stamp is recognised by its whole form: a lone `@` is also what MessagePack makes of 64.
All processes of one machine share the clock, so it is good between them.
"""

from __future__ import annotations

import re
import time

MARK = b"@"
STAMP_BYTES = 20
find_stamps = re.compile(rb"@(\d{19})").findall
"""The clock readings of all stamps of a whole message."""


def stamp(at_ns: int | None = None) -> bytes:
    """`@` and the monotonic clock in nanoseconds: now, unless `at_ns` is given."""
    return b"@%019d" % (time.monotonic_ns() if at_ns is None else at_ns)


def latencies_ms(stamps: list[bytes], now_ns: int) -> list[float]:
    """How long ago each of what `find_stamps` found was made."""
    return [(now_ns - int(made)) / 1e6 for made in stamps]
