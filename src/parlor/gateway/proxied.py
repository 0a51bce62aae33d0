"""The first bytes of a connection from a proxy: its PROXY header, then whatever the client says.

Only from trusted proxies is a header read; anybody else's is left to the protocol behind, which
knows no such thing. Used by every listener, in front of TLS too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from parlor.gateway.gateway import Gateway
from parlor.gateway.listening import Mode
from parlor.gateway.waiting import Waiting
from parlor.model.errors import WireError
from parlor.wire.proxy import may_be_header, parse_header

MakeProtocol = Callable[..., asyncio.Protocol]


def proxied(make: MakeProtocol, gateway: Gateway, mode: Mode) -> MakeProtocol:
    """A factory for `create_server`, or for uvicorn as its HTTP protocol class.

    What it is called with goes on to `make`, with `address`, the client's, added.
    """
    if mode == "off":
        return make

    def accept(**given: Any) -> asyncio.Protocol:
        return Proxied(gateway, lambda address: make(**given, address=address), mode == "required")

    return accept


class Proxied(Waiting):
    """A connection whose PROXY header has not come yet."""

    __slots__ = ("_is_required", "_make", "_received")

    def __init__(
        self, gateway: Gateway, make: Callable[[str], asyncio.Protocol], is_required: bool
    ) -> None:
        super().__init__(gateway)
        self._make = make
        self._is_required = is_required
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.gateway.trusted.trusts(self.address):
            return
        if self._is_required:
            self._refuse("untrusted")
        else:
            self.hand_on(self._make(self.address), b"")

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._received += data
        if not self._is_required and not may_be_header(self._received):
            self.hand_on(self._make(self.address), self._received)
            return
        try:
            announced = parse_header(self._received)
        except WireError:
            self._refuse("malformed")
            return
        if announced is not None:
            self.gateway.meter.count("proxy_headers_total")
            behind = self._make(announced.address or self.address)
            self.hand_on(behind, self._received[announced.size :])

    def _refuse(self, reason: str) -> None:
        self.gateway.meter.count("proxy_headers_refused_total", reason=reason)
        self.transport.close()
