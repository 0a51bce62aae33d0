"""What a link over plain HTTP costs that does nothing, beside a WebSocket of the same server.

An event stream or a poll is an open response of uvicorn's: its task, its parser, its scope. The
first 1,000 are not counted: they use up what the start left free. All are of one user.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benches.crowd import Crowd
from benches.figures import Figure, run
from benches.idle import settled_bytes
from benches.server import folder, serving
from parlor.load.observed import cpu_s

LINKS = 6_000
FIRST = 1_000
SETTINGS = (
    "gateway.max_connections_per_user=20000",
    # Nobody beats or asks again here.
    "gateway.heartbeat_s=600",
    "longpoll.poll_s=600",
)


def cost_of(kind: str, where: Path) -> tuple[float, float]:
    """(resident bytes, seconds of CPU to let it in) of one link."""
    with serving(where / kind, settings=SETTINGS) as server:
        _, token = server.sign_up("idler")
        with Crowd(kind, server.port, FIRST, token=token):
            before, began_s = settled_bytes(server.pid), cpu_s(server.pid)
            rest = LINKS - FIRST
            with Crowd(kind, server.port, rest, token=token) as crowd:
                used_s = cpu_s(server.pid) - began_s
                each = (settled_bytes(server.pid) - before) / rest
                if crowd.report()["closed"]:
                    raise RuntimeError(f"{kind}: links were closed")
                return each, used_s / rest


def measure() -> Iterator[Figure]:
    with folder() as where:
        baseline, _ = cost_of("native_websocket", where)
        for kind in ("http_events", "http_poll"):
            each, used_s = cost_of(kind, where)
            yield Figure.beside(
                f"longpoll.idle_{kind.removeprefix('http_')}",
                each / 1000,
                "kB RSS/link",
                "WebSocket",
                baseline / 1000,
                note=f"{LINKS} held; {used_s * 1e6:.0f} us CPU to let one in",
            )


if __name__ == "__main__":
    run(measure, __doc__)
