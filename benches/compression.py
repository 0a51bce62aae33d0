"""What compression costs and saves: one room of connections that agreed to permessage-deflate and
one of the same size that did not, pushed to turn by turn on the same server.

The body is an ordinary chat message of about 600 bytes in JSON. Each push is encoded and compressed
once, whatever the size of the room, so the kernel's part per delivery should stay what it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from benches.crowd import Crowd, stamp
from benches.figures import Figure, rounded, run
from benches.server import Web, add_push_key, folder, serving
from parlor.load.observed import cpu_s

CONNECTIONS = 2_000
TURNS = 4
ROUNDS = 10
GAP_S = 0.08
"""Longer than a room's joining window: each push leaves alone."""
ARRIVE_LIMIT_S = 3.0
SETTINGS = ["gateway.max_connections_per_user=20000", "gateway.compression=true"]


def body() -> str:
    return stamp().decode() + json.dumps(
        {
            "kind": "chat.message",
            "conversation": "c-5f0a9b7d31e84c52",
            "sender": {"id": "u-81f3", "name": "Anna Example", "avatar": "/files/81f3/small.webp"},
            "text": "Shall we meet at the north entrance at six? I can bring the tickets along, "
            "and Ben says he will be a quarter of an hour late because of his train.",
            "mentions": [{"id": "u-2c11", "name": "Ben Example", "from": 78, "to": 81}],
            "reactions": [{"emoji": "👍", "count": 3}, {"emoji": "🎉", "count": 1}],
            "reply_to": {"seq": 10_412, "sender": "u-2c11", "text": "Where do we meet tonight?"},
        }
    )


class Room:
    """A crowd in a room of its own, and what pushing to it has cost so far."""

    def __init__(self, name: str, pid: int, crowd: Crowd, web: Web) -> None:
        self._name, self._pid, self._crowd, self._web = name, pid, crowd, web
        self._used_s = 0.0
        self._expected = 0
        self._push()
        crowd.wait_seen(CONNECTIONS, ARRIVE_LIMIT_S)
        self.bytes_each = crowd.report()["bytes"] / CONNECTIONS

    def turn(self) -> None:
        began = cpu_s(self._pid)
        for _ in range(ROUNDS):
            due = time.monotonic() + GAP_S
            self._push()
            self._expected += CONNECTIONS
            self._crowd.wait_seen(self._expected, ARRIVE_LIMIT_S)
            time.sleep(max(0.0, due - time.monotonic()))
        self._used_s += cpu_s(self._pid) - began

    @property
    def cost_us(self) -> float:
        return self._used_s / self._expected * 1e6

    def report(self) -> dict[str, float]:
        seen = self._crowd.report()
        return {
            "delivered": seen["messages"] / self._expected,
            "p50_ms": rounded(seen["p50_ms"]),
            "p99_ms": rounded(seen["p99_ms"]),
        }

    def _push(self) -> None:
        self._web.ask("POST", "/api/v1/push", {"to": {"room": self._name}, "body": body()})


def measure() -> Iterator[Figure]:
    with folder() as where:
        data = where / "data"
        key = add_push_key(data)
        with serving(data, settings=SETTINGS) as server:
            _, token = server.sign_up("listener")
            web = Web(server.port, key)
            kinds = ("native_websocket", "native_websocket_deflate")
            crowds = [
                Crowd(kind, server.port, CONNECTIONS, token=token, room=kind) for kind in kinds
            ]
            plain, packed = (
                Room(kind, server.pid, crowd, web)
                for kind, crowd in zip(kinds, crowds, strict=True)
            )
            for _ in range(TURNS):
                plain.turn()
                packed.turn()
            yield Figure.beside(
                "compression.fanout",
                packed.cost_us,
                "us CPU/delivery",
                "the same, not compressed",
                plain.cost_us,
                note=f"{packed.bytes_each:.0f} bytes each instead of {plain.bytes_each:.0f}",
                **packed.report(),
            )
            for crowd in crowds:
                crowd.close()
            web.close()


if __name__ == "__main__":
    run(measure, __doc__)
