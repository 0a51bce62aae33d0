"""1,000 slow readers among 10,000: do they cost the others time, or the server memory?

A slow reader takes 512 bytes a second of some 16,000 that are pushed to it, through a receive
buffer of a few kB. Measured are the others, without the slow ones and beside them, on one server.
What waits is in the kernel's send buffers first and in the outbox then, which a run this short
does not fill; that a full one drops and tells so is tested in tests/network/test_bench.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benches.figures import Figure, run_for
from benches.rooms import figures_of
from benches.server import add_push_key, folder, serving
from parlor.load.observed import resident_bytes
from parlor.load.plan import Plan
from parlor.load.scenarios import run_plan
from parlor.load.target import Target
from parlor.load.tokens import Tokens
from parlor.load.watch import Unwatched

CONNECTIONS = 10_000
SLOW = 1_000
PAYLOAD = 4_000
RATE = 4.0
SECONDS = 8.0
OUTBOX_BYTES = 65_536
SETTINGS = ("gateway.max_connections_per_user=20000", f"gateway.outbox_bytes={OUTBOX_BYTES}")


def measure(seconds: float = SECONDS) -> Iterator[Figure]:
    with folder() as where:
        data = where / "data"
        key = add_push_key(data)
        with serving(data, settings=SETTINGS) as server:
            _, token = server.sign_up("listener")
            at = Target("native_websocket", "127.0.0.1", server.port)
            plan = Plan(
                scenario="push",
                target=at,
                push_target=at,
                protocol="native",
                tokens=Tokens((token,)),
                key=key,
                connections=CONNECTIONS - SLOW,
                rate=RATE,
                payload=PAYLOAD,
                seconds=seconds,
            )
            without = figures_of(run_plan(plan, Unwatched(), server.pid))
            before = resident_bytes(server.pid)
            beside = replace(
                plan, scenario="slow", connections=CONNECTIONS, slow=SLOW / CONNECTIONS
            )
            found = figures_of(run_plan(beside, Unwatched(), server.pid))
    quick, alone = found["slow.deliveries"], without["push.deliveries"]
    slow = found["slow.slow_readers"]
    yield Figure.beside(
        "slow_readers.p99",
        quick.p99_ms or 0.0,
        "ms, p99 of the others",
        "without the slow ones",
        alone.p99_ms,
        delivered=quick.delivered,
        p50_ms=quick.p50_ms,
        p99_ms=quick.p99_ms,
        aim="under x2",
        note=f"{CONNECTIONS - SLOW} readers and {SLOW} slow ones, {PAYLOAD} bytes {RATE:g} times"
        f" a second; {slow.value:g} slow ones were still there, got {slow.arrived}"
        f" and were told that they missed {slow.missed}",
        warning=found["slow.generator"].warning,
    )
    grown = found["slow.server_memory"].value * 1e6 - before
    yield Figure.beside(
        "slow_readers.memory",
        max(0.0, grown) / SLOW / 1000,
        "kB RSS/slow reader",
        "bound: outbox_bytes twice",
        2 * OUTBOX_BYTES / 1000,
        note="what waits for them is shared with everybody's",
    )


if __name__ == "__main__":
    run_for(measure, __doc__, SECONDS)
