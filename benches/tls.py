"""What TLS 1.3 costs: to let somebody in, for a delivery, and in memory, each beside plain.

One server takes both on one port (`tls.web = both`), so both meet the same machine. The
certificate is ECDSA P-256 and nothing is resumed. CPU time is that of the server process, as in
`connect` and `fanout`; memory is the growth of its resident set, as in `idle`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from benches.crowd import Crowd
from benches.fanout import ARRIVE_LIMIT_S, BODY_BYTES, GAP_S, ROOM, body
from benches.figures import Figure, percentile, rounded, run
from benches.idle import settled_bytes
from benches.server import Server, Web, add_push_key, folder, serving
from parlor.load.observed import cpu_s

CONNECTIONS = 3_000
FIRST = 500
"""Not measured: until then code is cold and tables grow."""
ROUNDS = 15
TURNS = 2
PLAIN = "the same without TLS"


@dataclass(frozen=True)
class Cost:
    connect_us: float
    per_s: float
    idle_bytes: float
    delivery_us: float
    delivered: float
    p50_ms: float
    p99_ms: float


def cost(server: Server, token: str, web: Web, *, tls: bool) -> Cost:
    """Of one crowd, from its first byte to its last delivery."""
    with Crowd("native_websocket", server.port, FIRST, token=token, tls=tls):
        before = settled_bytes(server.pid)
        began, used_s = time.monotonic(), cpu_s(server.pid)
        with Crowd(
            "native_websocket", server.port, CONNECTIONS, token=token, room=ROOM, tls=tls
        ) as crowd:
            used_s, took_s = cpu_s(server.pid) - used_s, time.monotonic() - began
            grown = settled_bytes(server.pid) - before
            push(web)
            crowd.wait_seen(CONNECTIONS, ARRIVE_LIMIT_S)
            crowd.report()
            cpu = cpu_s(server.pid)
            for done in range(1, ROUNDS + 1):
                due = time.monotonic() + GAP_S
                push(web)
                crowd.wait_seen(done * CONNECTIONS, ARRIVE_LIMIT_S)
                time.sleep(max(0.0, due - time.monotonic()))
            cpu = cpu_s(server.pid) - cpu
            report = crowd.report()
    return Cost(
        used_s / CONNECTIONS * 1e6,
        CONNECTIONS / took_s,
        grown / CONNECTIONS,
        cpu / (ROUNDS * CONNECTIONS) * 1e6,
        report["messages"] / (ROUNDS * CONNECTIONS),
        report["p50_ms"],
        report["p99_ms"],
    )


def push(web: Web) -> None:
    web.ask("POST", "/api/v1/push", {"to": {"room": ROOM}, "body": body().decode()})


def median(costs: list[Cost], name: str) -> float:
    return percentile([getattr(each, name) for each in costs], 0.5)


def measure() -> Iterator[Figure]:
    with folder() as where:
        data = where / "data"
        key = add_push_key(data)
        settings = ["tls.web=both", "gateway.max_connections_per_user=20000"]
        with serving(data, "--tls", "self-signed", settings=settings) as server:
            _, token = server.sign_up("listener")
            web = Web(server.port, key)
            secure, plain = [], []
            for _ in range(TURNS):
                plain.append(cost(server, token, web, tls=False))
                secure.append(cost(server, token, web, tls=True))
            web.close()
    connect_us = median(secure, "connect_us")
    yield Figure.beside(
        "tls.connect",
        connect_us,
        "us CPU/connect",
        PLAIN,
        median(plain, "connect_us"),
        note=f"handshake to hello reply; {1e6 / connect_us:.0f}/s a core;"
        f" {median(secure, 'per_s'):.0f}/s here, generator beside it",
    )
    yield Figure.beside(
        "tls.fanout",
        median(secure, "delivery_us"),
        "us/delivery",
        PLAIN,
        median(plain, "delivery_us"),
        delivered=min(each.delivered for each in secure),
        p50_ms=rounded(median(secure, "p50_ms")),
        p99_ms=rounded(median(secure, "p99_ms")),
        note=f"{CONNECTIONS} connections, {BODY_BYTES} bytes, each encrypted for itself",
    )
    # Of the first turn: later ones find memory that earlier ones left.
    yield Figure.beside(
        "tls.idle",
        secure[0].idle_bytes / 1000,
        "kB RSS/connection",
        PLAIN,
        plain[0].idle_bytes / 1000,
        note="most of it is OpenSSL's",
    )


if __name__ == "__main__":
    run(measure, __doc__)
