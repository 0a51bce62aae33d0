"""Many rooms at once: 10,000 connections in 1,000 rooms, 20,000 deliveries a second.

Each push is one HTTP request to one room of ten, on its own pace whatever the server does, and
latency counts from when it was due. The CPU time of the `parlor serve` process, HTTP included, is
divided by deliveries; beside it a C program that does nothing but `send` as many bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from benches.c_program import NO_COMPILER
from benches.fanout import BASELINE, c_sender
from benches.figures import Figure, run_for
from benches.server import add_push_key, folder, serving
from parlor.load.plan import Plan
from parlor.load.scenarios import Outcome, run_plan
from parlor.load.target import Target
from parlor.load.tokens import Tokens
from parlor.load.watch import Unwatched

CONNECTIONS = 10_000
ROOMS = 1_000
DELIVERIES_PER_S = 20_000
SHORT_S, LONG_S = 15.0, 60.0
BASELINE_CONNECTIONS = 1_000
SETTINGS = (
    "gateway.max_connections_per_user=20000",
    "keys.messages_per_second=100000",
    "keys.message_burst=100000",
    "keys.requests_per_second=100000",
    "keys.request_burst=100000",
)


def plan_for(port: int, token: str, key: str, seconds: float) -> Plan:
    at = Target("native_websocket", "127.0.0.1", port)
    return Plan(
        scenario="rooms",
        target=at,
        push_target=at,
        protocol="native",
        tokens=Tokens((token,)),
        key=key,
        connections=CONNECTIONS,
        rooms=ROOMS,
        rate=DELIVERIES_PER_S * ROOMS / CONNECTIONS,
        seconds=seconds,
    )


def figures_of(outcome: Outcome) -> dict[str, Figure]:
    """By name. Raises RuntimeError when the run did not come to its end."""
    if outcome.failed:
        raise RuntimeError(outcome.failed)
    return {figure.figure: figure for figure in outcome.figures}


def measure(seconds: float = SHORT_S) -> Iterator[Figure]:
    with folder() as where:
        data = where / "data"
        key = add_push_key(data)
        with serving(data, settings=SETTINGS) as server:
            _, token = server.sign_up("listener")
            plan = plan_for(server.port, token, key, seconds)
            found = figures_of(run_plan(plan, Unwatched(), server.pid))
        made = found["rooms.deliveries"]
        size = (made.bytes or 0) // max(1, made.arrived or 0)
        with c_sender(where, BASELINE_CONNECTIONS) as sender:
            base_us = sender.cost_us(size) if sender else None
    yield msgspec.structs.replace(
        made,
        aim=f"{DELIVERIES_PER_S}/s, all of them, p99 under 50 ms",
        note=f"{CONNECTIONS} connections in {ROOMS} rooms for {seconds:g} s; {made.note}",
        warning=made.warning or found["rooms.generator"].warning,
    )
    yield Figure.beside(
        "rooms.cpu",
        found["rooms.delivery_cpu"].value,
        "us CPU/delivery",
        BASELINE if base_us else NO_COMPILER,
        base_us,
        note=f"HTTP included: one request for {CONNECTIONS // ROOMS} deliveries",
    )


if __name__ == "__main__":
    run_for(measure, __doc__, LONG_S)
