"""Which WebSocket handshakes are welcome at `/ws`, and opening the connection for one.

The policy behind both ways in: `mux` for a request that is whole in its first segment, `http`
for everything else.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from parlor.gateway.compression import Compression
from parlor.gateway.frames import WEBSOCKET_FRAMES
from parlor.gateway.native import Native
from parlor.gateway.websocket import WebSocketConnection
from parlor.model.origins import Origins
from parlor.wire.websocket import Upgrade, choose_subprotocol

WEBSOCKET_PATH = b"/ws"
_SPOKEN = tuple(WEBSOCKET_FRAMES)


class Upgrades:
    """One for all connections of the web port."""

    def __init__(self, native: Native, origins: Origins) -> None:
        self._native = native
        self._origins = origins
        self._compression = Compression(native.gateway.settings, native.gateway.meter)

    def refusal(self, upgrade: Upgrade) -> tuple[HTTPStatus, str] | None:
        """Why this one may not come in; None when it may."""
        if not self._origins.is_allowed(upgrade.origin, upgrade.host):
            return HTTPStatus.FORBIDDEN, "This origin may not connect."
        if choose_subprotocol(upgrade.offered, _SPOKEN) is None:
            return HTTPStatus.BAD_REQUEST, f"Offer one of the subprotocols {', '.join(_SPOKEN)}."
        return None

    def open(
        self, transport: asyncio.Transport, upgrade: Upgrade, address: str, rest: bytes
    ) -> None:
        """Answer 101 and hand the socket over with what came after the request.

        Only for an upgrade without a `refusal`; `address` is the client's.
        """
        subprotocol = choose_subprotocol(upgrade.offered, _SPOKEN) or _SPOKEN[0]
        agreed = self._compression.agree(upgrade, subprotocol)
        connection = WebSocketConnection(self._native, agreed.frames, agreed.limits)
        connection.link.address = address
        transport.set_protocol(connection)
        connection.open(transport, upgrade.response(subprotocol, agreed.headers))
        if rest:
            connection.data_received(rest)
