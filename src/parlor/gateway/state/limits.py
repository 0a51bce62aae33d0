"""How many connections may be open: in all, and from one address (IPv6: one /64).

Counts sockets from accept to close, greeted or not, HTTP's too. Connections per user are counted
by the hub and checked at hello. Called by the shells.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from parlor.model.address import is_loopback, network_of
from parlor.model.close import Close, CloseCode

COME_BACK_S = 5.0


class ConnectionLimits(msgspec.Struct, frozen=True):
    """`limit_loopback`: whether `per_address` holds for loopback addresses too."""

    total: int
    per_address: int
    limit_loopback: bool = False


class Admission:
    """Every admitted connection must be released once, with the same address.

    `is_shared` says whose address stands for many clients, a trusted proxy's: there only the
    total counts.
    """

    __slots__ = ("_is_shared", "_open", "limits", "total")

    def __init__(
        self, limits: ConnectionLimits, is_shared: Callable[[str], bool] = lambda _: False
    ) -> None:
        self.limits = limits
        self._is_shared = is_shared
        self._open: dict[str, int] = {}
        self.total = 0

    @property
    def parties(self) -> int:
        """Addresses (IPv6: networks) with a connection; at most `total`."""
        return len(self._open)

    def admit(self, address: str) -> Close | None:
        """Count one more connection, or say why it is refused (then it is not counted).

        Refused connections are told to come back, since others leave.
        """
        party = network_of(address)
        there = self._open.get(party, 0)
        if self.total >= self.limits.total:
            return Close(CloseCode.OVERLOADED, COME_BACK_S)
        if there >= self.limits.per_address and self._is_limited(address):
            return Close(CloseCode.ADDRESS_FULL, COME_BACK_S)
        self._open[party] = there + 1
        self.total += 1
        return None

    def release(self, address: str) -> None:
        party = network_of(address)
        left = self._open[party] - 1
        if left:
            self._open[party] = left
        else:
            del self._open[party]
        self.total -= 1

    def _is_limited(self, address: str) -> bool:
        if not self.limits.limit_loopback and is_loopback(address):
            return False
        return not self._is_shared(address)
