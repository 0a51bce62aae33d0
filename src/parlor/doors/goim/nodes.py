"""What the door tells clients about where to connect: goim's `nodes/weighted` and `instances`.

One process is one node; the shapes are those of goim §2.8 and §2.13.
"""

from __future__ import annotations

from collections.abc import Mapping

from parlor.doors.goim.settings import GoimSettings

MAX_NODES = 5
BACKOFF: Mapping[str, float] = {"max_delay": 300, "base_delay": 3, "factor": 1.8, "jitter": 0.3}
"""How goim's clients are told to come back, in seconds."""


class Nodes:
    """`tcp_port`, `ws_port` are those that are really bound; set them once they are."""

    def __init__(self, settings: GoimSettings) -> None:
        self._settings = settings
        self.tcp_port = settings.tcp_port
        self.ws_port = settings.ws_port

    def weighted(self, platform: str) -> dict[str, object]:
        """`platform` web gets host names, everything else addresses."""
        settings = self._settings
        domain = settings.domain or settings.host
        addresses = settings.nodes or (settings.host,)
        return {
            "domain": domain,
            "tcp_port": self.tcp_port,
            "ws_port": self.ws_port,
            "wss_port": settings.wss_port,
            "heartbeat": _whole(settings.heartbeat_s),
            "nodes": [domain] if platform == "web" else list(addresses[:MAX_NODES]),
            "backoff": dict(BACKOFF),
            "heartbeat_max": settings.heartbeat_max,
        }

    def instances(self, connections: int, addresses: int) -> list[dict[str, object]]:
        """This process as goim's discovery would list a comet. Metadata values are strings."""
        settings = self._settings
        host = settings.domain or settings.host
        return [
            {
                "region": "",
                "zone": "",
                "env": "",
                "appid": "goim.comet",
                "hostname": host,
                "addrs": [f"tcp://{host}:{self.tcp_port}", f"ws://{host}:{self.ws_port}/sub"],
                "version": "",
                "metadata": {
                    "weight": "10",
                    "offline": "false",
                    "addrs": ",".join(settings.nodes or (settings.host,)),
                    "conn_count": str(connections),
                    "ip_count": str(addresses),
                },
            }
        ]


def _whole(seconds: float) -> int | float:
    return int(seconds) if seconds == int(seconds) else seconds
