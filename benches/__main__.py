"""Every bench, one after the other. A bench that fails is named, and the others still run."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator

from benches import (
    big_group,
    boot,
    compression,
    connect,
    durable_push,
    durable_send,
    fanout,
    forward,
    http_push,
    idle,
    long_chat,
    longpoll,
    rooms,
    roundtrip,
    rtp,
    search,
    slow_readers,
    storm,
    sync,
    tls,
    web,
)
from benches.figures import Figure, run

BENCHES = (
    boot,
    connect,
    fanout,
    http_push,
    compression,
    idle,
    long_chat,
    longpoll,
    rooms,
    roundtrip,
    rtp,
    forward,
    slow_readers,
    storm,
    durable_send,
    big_group,
    durable_push,
    sync,
    search,
    web,
    tls,
)
_failed: list[str] = []


def measure() -> Iterator[Figure]:
    for bench in BENCHES:
        try:
            yield from bench.measure()
        except Exception:
            traceback.print_exc()
            _failed.append(bench.__name__)


if __name__ == "__main__":
    run(measure, __doc__)
    if _failed:
        sys.exit(f"failed: {', '.join(_failed)}")
