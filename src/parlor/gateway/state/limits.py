"""How many connections may be open: in all, and from one address.

Counts sockets from accept to close, greeted or not. Connections per user are counted by the hub
and checked at hello. Called by the shells.
"""

from __future__ import annotations

import ipaddress

import msgspec

from parlor.model.close import Close, CloseCode

COME_BACK_S = 5.0


class ConnectionLimits(msgspec.Struct, frozen=True):
    """`limit_loopback`: whether `per_address` holds for loopback addresses too."""

    total: int
    per_address: int
    limit_loopback: bool = False


class Admission:
    """Every admitted connection must be released once, with the same address."""

    __slots__ = ("_limits", "_open", "total")

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._open: dict[str, int] = {}
        self.total = 0

    def admit(self, address: str) -> Close | None:
        """Count one more connection, or say why it is refused (then it is not counted).

        Refused connections are told to come back, since others leave.
        """
        there = self._open.get(address, 0)
        if self.total >= self._limits.total:
            return Close(CloseCode.OVERLOADED, COME_BACK_S)
        if there >= self._limits.per_address and (
            self._limits.limit_loopback or not is_loopback(address)
        ):
            return Close(CloseCode.OVERLOADED, COME_BACK_S)
        self._open[address] = there + 1
        self.total += 1
        return None

    def release(self, address: str) -> None:
        left = self._open[address] - 1
        if left:
            self._open[address] = left
        else:
            del self._open[address]
        self.total -= 1


def is_loopback(address: str) -> bool:
    """False for what is no IP address, such as the peer of a Unix socket."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return parsed.is_loopback or (mapped is not None and mapped.is_loopback)
