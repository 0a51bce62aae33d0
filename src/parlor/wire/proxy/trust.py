"""Whose word about a client's address counts, and which address that makes.

The one rule of all listeners: HTTP and WebSocket of the gateway, and those of the front doors.
A field from anybody who is not a trusted proxy is ignored.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from parlor.model.address import plain_address
from parlor.model.errors import WireError
from parlor.wire.proxy.forwarded import (
    Hop,
    parse_forwarded,
    parse_real_ip,
    parse_x_forwarded_for,
)

Field = Literal["any", "x-forwarded-for", "forwarded", "x-real-ip"]
Headers = Sequence[tuple[bytes, bytes]]
FORWARDING_FIELDS = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip"})
_PROTO = b"x-forwarded-proto"


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` may be `unknown` or a name like `_x`, which no rule about addresses exempts.

    `scheme` is empty when no proxy said it.
    """

    address: str
    scheme: str = ""


class TrustedProxies:
    """`networks` as in `10.0.0.0/8` or one address; raises ValueError for anything else.

    `field` is the one that the proxies set. With `any`, every field that is there must name the
    same client: a proxy passes on the fields that it does not know, so one of two that disagree
    was written by the client.
    """

    def __init__(self, networks: Iterable[str] = (), field: Field = "any") -> None:
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)
        self._fields = FORWARDING_FIELDS if field == "any" else frozenset({field.encode()})
        self.trusts: Callable[[str], bool] = lru_cache(4_096)(self._trusts)
        """Whether a connection, or a hop, from this address is a proxy's."""

    def sender(self, peer: str, headers: Headers) -> Sender:
        """Who sent a request that came from `peer`; names of headers in any case.

        That is the nearest hop that is no trusted proxy, since whatever lies beyond it is its own
        claim; when all are trusted, the farthest. Raises WireError when a trusted proxy sent a
        field that cannot be read, or fields that contradict each other.
        """
        if not self.trusts(peer):
            return Sender(peer)
        lines: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            lines.setdefault(name.lower(), []).append(value)
        said: set[str] = set()
        scheme = ""
        chosen = lines.get(b"x-real-ip", ()) if b"x-real-ip" in self._fields else ()
        real = {parse_real_ip(line) for line in chosen}
        said |= {node for node in real if not self.trusts(node)}
        for field, parse in _CHAINS.items():
            if field in self._fields and (hop := self._client(lines.get(field, ()), parse)):
                scheme = hop.scheme
                said.add(hop.node)
        # A proxy behind a proxy names that one in X-Real-IP, which contradicts no chain.
        said = said or real
        if len(said) > 1:
            raise WireError("The forwarding fields contradict each other.")
        if proto := lines.get(_PROTO):
            # The last one is the peer's own word.
            scheme = proto[-1].rpartition(b",")[2].strip().decode("latin-1").lower()
        return Sender(said.pop() if said else peer, scheme if scheme in ("http", "https") else "")

    def _client(self, lines: Sequence[bytes], parse: Callable[[bytes], list[Hop]]) -> Hop | None:
        """Line by line from the last, so that nothing a client wrote before is even looked at."""
        found: Hop | None = None
        for line in reversed(lines):
            for hop in reversed(parse(line)):
                if not hop.node:
                    continue
                found = hop
                if not self.trusts(hop.node):
                    return hop
        return found

    def _trusts(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            ip = ipaddress.ip_address(plain_address(address).partition("%")[0])
        except ValueError:
            return False
        return any(ip in network for network in self._networks)


_CHAINS: dict[bytes, Callable[[bytes], list[Hop]]] = {
    b"x-forwarded-for": parse_x_forwarded_for,
    b"forwarded": parse_forwarded,
}
