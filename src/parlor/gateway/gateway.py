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
from parlor.ports.hooks import Hooks
from parlor.ports.meter import Meter

MIN_SPREAD_S = 1.0
SHORTEST_AFTER_S = 0.01
"""0 would say nothing about when to come back (`model.close`)."""


class Gateway:
    """Must be made inside the loop that will serve it. After `begin_drain` new
    connections are told to come back later instead of being welcomed."""

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
        self.hooks: Hooks | None = None
        """Whom to ask before somebody may connect; None when nobody is."""
        self.draining = False
        self._away_s = self._spread_s = 1.0
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

    def begin_drain(self, *, away_s: float) -> None:
        """From now on everybody is sent away. `away_s` is how long nobody will listen here; 0
        when a successor does already."""
        self.draining = True
        self._away_s = away_s
        returning = self.hub.connections() / self.settings.drain_returns_per_second
        self._spread_s = max(MIN_SPREAD_S, returning)

    def come_back(self) -> Close:
        """DRAINING with a time of its own for each client, so that they do not all come at once
        (`GatewaySettings.drain_returns_per_second`)."""
        part = int.from_bytes(self.entropy.token_bytes(2), "big") / 65536
        after_s = self._away_s + max(SHORTEST_AFTER_S, part * self._spread_s)
        return Close(CloseCode.DRAINING, round(after_s, 2))

    async def keep_time(self) -> None:
        """Advance the wheel until cancelled. One task per process."""
        while True:
            await asyncio.sleep(self.wheel.tick_s)
            self.wheel.advance(self.clock.now())
