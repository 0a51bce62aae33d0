"""One port for HTTP, WebSocket and native TCP: the first bytes tell them apart.

A native TCP message begins with the high byte of its length, which the message limit keeps at 0;
an HTTP request begins with a capital letter. A WebSocket handshake that is whole in the first
segment, which nearly all are, is taken here: uvicorn's object for a connection costs more than
all the rest of a connect (benches/connect.py). Given to uvicorn as its HTTP protocol class.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from parlor.gateway.http import HttpConnection
from parlor.gateway.native import Native
from parlor.gateway.tcp import TcpConnection
from parlor.gateway.upgrades import WEBSOCKET_PATH, Upgrades
from parlor.gateway.waiting import Waiting
from parlor.model.errors import WireError
from parlor.model.origins import Origins
from parlor.wire.websocket import Upgrade, check_upgrade, parse_request

_CAPITALS = range(ord("A"), ord("Z") + 1)
_LENGTH_HIGH_BYTE = 0


def build_mux(native: Native, origins: Origins) -> Callable[..., Mux]:
    """What to give to `uvicorn.Config(http=...)`, with `ws="none"`."""
    upgrades = Upgrades(native, origins)

    def connect(*, address: str = "", **http: Any) -> Mux:
        return Mux(
            native,
            upgrades,
            lambda address: HttpConnection(native, upgrades, address, **http),
            address,
        )

    return connect


class Mux(Waiting):
    """Silence, or bytes of no protocol, close it."""

    __slots__ = ("_make_http", "_native", "_upgrades")

    def __init__(
        self,
        native: Native,
        upgrades: Upgrades,
        make_http: Callable[[str], asyncio.Protocol],
        address: str = "",
    ) -> None:
        super().__init__(native.gateway, address)
        self._native = native
        self._upgrades = upgrades
        self._make_http = make_http

    def data_received(self, data: bytes) -> None:
        if data[0] in _CAPITALS:
            if not self._open_websocket(data):
                self.hand_on(self._make_http(self.address), data)
        elif data[0] == _LENGTH_HIGH_BYTE:
            connection = TcpConnection(self._native)
            connection.link.address = self.address
            self.hand_on(connection, data)
        else:
            self.gateway.meter.count("connections_unrecognised_total")
            self.transport.close()

    def _open_websocket(self, data: bytes) -> bool:
        """False for anything but a handshake that is whole and welcome: `http` takes the same
        bytes from the start, and knows every answer."""
        request = parse_request(data, WEBSOCKET_PATH, self.gateway.settings.http_head_bytes)
        if request is None:
            return False
        upgrade = check_upgrade("GET", "1.1", request.headers)
        if not isinstance(upgrade, Upgrade) or self._upgrades.refusal(upgrade) is not None:
            return False
        try:
            address = self.gateway.trusted.sender(self.address, request.headers).address
        except WireError:
            return False
        self.let_go()
        self._upgrades.open(self.transport, upgrade, address, data[request.size :])
        return True
