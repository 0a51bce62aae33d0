"""What all connections of one process share: the hub, the wheel, the turn, the limits.

Built once by boot and handed to every listener, the front doors' included. Holds no rules.
"""

from __future__ import annotations

import asyncio

from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.hub import Hub
from parlor.gateway.state.limits import Admission
from parlor.gateway.state.wheel import TimerWheel
from parlor.gateway.turn import Turn
from parlor.model.close import Close, CloseCode
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.meter import Meter


class Gateway:
    """Must be made inside the loop that will serve it. Once `draining` is set, new connections
    are told to come back later instead of being welcomed."""

    def __init__(
        self,
        settings: GatewaySettings,
        clock: Clock,
        entropy: Entropy,
        meter: Meter,
        *,
        limit_loopback: bool = False,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.entropy = entropy
        self.meter = meter
        self.hub = Hub()
        self.wheel = TimerWheel(clock.now())
        self.turn = Turn(asyncio.get_running_loop())
        self.admission = Admission(settings.connections(limit_loopback=limit_loopback))
        self.outbox_limits = settings.outbox()
        self.session_limits = settings.session()
        self.draining = False
        self.deserted = asyncio.Event()
        """Set while no connection is open."""
        self.deserted.set()

    def admit(self, address: str) -> Close | None:
        """Count a new connection, or say why there is no room for it (`Admission.admit`)."""
        if self.draining:
            return self.come_back()
        refused = self.admission.admit(address)
        if refused is None:
            self.deserted.clear()
        return refused

    def release(self, address: str) -> None:
        """An admitted connection has closed."""
        self.admission.release(address)
        if not self.admission.total:
            self.deserted.set()

    def come_back(self) -> Close:
        """DRAINING with a time of its own for each client, so that they do not all come at once:
        a second, which a restart takes, and up to `drain_spread_s` more."""
        part = int.from_bytes(self.entropy.token_bytes(2), "big") / 65536
        return Close(CloseCode.DRAINING, round(1 + part * self.settings.drain_spread_s, 1))

    async def keep_time(self) -> None:
        """Advance the wheel until cancelled. One task per process."""
        while True:
            await asyncio.sleep(self.wheel.tick_s)
            self.wheel.advance(self.clock.now())
