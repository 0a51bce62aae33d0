"""A connection of which nothing is known yet: counted, given a time to speak up, handed on.

The first protocol of every accepted socket, refined by `mux` (which protocol is it?) and
`proxied` (who is behind the proxy?). It is counted like any other connection, or silent ones
would be free.
"""

from __future__ import annotations

import asyncio
from typing import cast

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.wheel import NOT_SCHEDULED
from parlor.gateway.stream import peer_address

REFUSED_WAIT_S = 1.0


class Waiting(asyncio.Protocol):
    """`address` is the client's own, "" until known: then the socket's peer.

    It may be one too many for the gateway. Then it is kept for a moment, uncounted: whoever takes
    it over asks again, and can say so in the words of its protocol.
    """

    __slots__ = ("_is_admitted", "address", "gateway", "timer_tick", "transport")

    transport: asyncio.Transport

    def __init__(self, gateway: Gateway, address: str = "") -> None:
        self.timer_tick = NOT_SCHEDULED
        self.gateway = gateway
        self.address = address
        self._is_admitted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are like asyncio's, but no subclasses of them.
        self.transport = cast("asyncio.Transport", transport)
        gateway = self.gateway
        self.address = self.address or peer_address(transport)
        self._is_admitted = gateway.admission.admit(self.address) is None
        wait_s = gateway.settings.first_byte_timeout_s
        if not self._is_admitted:
            wait_s = min(wait_s, REFUSED_WAIT_S)
        gateway.wheel.schedule(self, gateway.wheel.now + wait_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self.let_go()

    def on_time(self, now: float) -> float | None:
        self.transport.close()
        return None

    def let_go(self) -> None:
        """No longer counted here, nor timed. Harmless twice."""
        self.gateway.wheel.cancel(self)
        if self._is_admitted:
            self._is_admitted = False
            self.gateway.admission.release(self.address)

    def hand_on(self, protocol: asyncio.Protocol, data: bytes) -> None:
        """From here on the socket is `protocol`'s; `data` is what it has not seen yet."""
        self.let_go()
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if data:
            protocol.data_received(data)
