"""How many pushes a second `POST /api/v1/push` takes, one by one and in batches.

Pushed to a hundred rooms, one of which has a listener: what it hears of its share shows that what
was accepted also arrives, and how late. Beside it uvicorn with an application that answers 202
to the same requests and does nothing, turn by turn with the server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from benches.accept_all import accepting_all
from benches.crowd import STAMP_BYTES, Crowd
from benches.figures import Figure, rounded, run
from benches.posters import MARK, post_all
from benches.server import Server, add_push_key, folder, serving
from parlor.load.observed import cpu_s

ROOMS = 100
BODY_BYTES = 100
BATCH = 200
LINKS = 16
TURNS = 2
WARM_S = 0.5
FOR_S = 3.0
ARRIVE_LIMIT_S = 5.0
BASELINE = "uvicorn that only answers 202"
SETTINGS = [
    "push.room_rate=1000000",
    "push.room_burst=1000000",
    "keys.messages_per_second=10000000",
    "keys.message_burst=10000000",
    "keys.requests_per_second=1000000",
    "keys.request_burst=1000000",
]
"""Rooms and keys have their own limits, which are not what is measured."""


def push_to(room: int) -> dict[str, object]:
    body = MARK.decode().ljust(BODY_BYTES - STAMP_BYTES + len(MARK), "x")
    return {"to": {"room": f"bench-{room}"}, "body": body}


def singles() -> list[str]:
    return [json.dumps(push_to(room)) for room in range(ROOMS)]


def batches() -> list[str]:
    return [
        json.dumps({"pushes": [push_to((start + at) % ROOMS) for at in range(BATCH)]})
        for start in range(0, ROOMS, 25)
    ]


def measure_one(
    server: Server, key: str, crowd: Crowd, bare_port: int, name: str, batch: int, aim: str
) -> Figure:
    """`batch` 1 posts single pushes."""
    path = "/api/v1/push" if batch == 1 else "/api/v1/push/batch"
    bodies = singles() if batch == 1 else batches()
    ask = {"key": key, "path": path, "bodies": bodies, "links": LINKS, "warm_s": WARM_S}
    rate = base = used_s = 0.0
    sent, refused, worst = 0, 0, 0.0
    p50: list[float] = []
    crowd.report()
    for _ in range(TURNS):
        base += post_all(**ask, port=bare_port, depth=1, for_s=FOR_S)["rate"] * batch / TURNS
        began = cpu_s(server.pid)
        result = post_all(**ask, port=server.port, depth=1, for_s=FOR_S)
        used_s += cpu_s(server.pid) - began
        rate += result["rate"] * batch / TURNS
        sent += result["sent"] * batch
        refused += sum(n for status, n in result["statuses"].items() if status != "202")
        p50.append(result["p50_ms"])
        worst = max(worst, result["p99_ms"])
    heard = crowd.wait_seen(sent // ROOMS, ARRIVE_LIMIT_S)
    report = crowd.report()
    if refused:
        raise RuntimeError(f"{refused} of {sent} pushes were refused")
    return Figure.beside(
        name,
        rate,
        "pushes/s",
        BASELINE,
        base,
        delivered=min(1.0, heard * ROOMS / sent),
        p50_ms=rounded(report["p50_ms"]),
        p99_ms=rounded(report["p99_ms"]),
        aim=aim,
        note=(
            f"{used_s / sent * 1e6:.1f} us CPU of the server each, delivery included; "
            f"answered after p50 {min(p50):.1f} ms, p99 {worst:.1f} ms; {LINKS} connections"
        ),
    )


def measure() -> Iterator[Figure]:
    with folder() as where, accepting_all() as bare_port:
        key = add_push_key(where / "data")
        with serving(where / "data", settings=SETTINGS) as server:
            _, token = server.sign_up("listener")
            with Crowd("native_websocket", server.port, 1, token=token, room="bench-0") as crowd:
                for name, batch, aim in (
                    ("http_push.single", 1, "at least 5,000/s"),
                    ("http_push.batch", BATCH, "at least 50,000/s"),
                ):
                    yield measure_one(server, key, crowd, bare_port, name, batch, aim)


if __name__ == "__main__":
    run(measure, __doc__)
