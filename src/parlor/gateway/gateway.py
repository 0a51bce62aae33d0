"""What all connections of one process share: the hub, the wheel, the turn, the limits.

Built once by boot and handed to every listener, the front doors' included. Holds no rules.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.hub import Hub
from parlor.gateway.state.limits import Admission
from parlor.gateway.state.progress import Progress
from parlor.gateway.state.wheel import TimerWheel
from parlor.gateway.turn import Turn
from parlor.gateway.watching import Watching
from parlor.model.close import Close, CloseCode
from parlor.model.ids import UserId
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.hooks import Hooks
from parlor.ports.meter import Meter
from parlor.push.settings import TraceSettings
from parlor.push.traces import NO_TRACES, Traces
from parlor.wire.proxy import TrustedProxies


class Blocked(Protocol):
    """A stream that waits for its reader."""

    def waiting_bytes(self) -> int:
        """In the outbox and in the transport; what the kernel holds is not known."""


MIN_SPREAD_S = 1.0
SHORTEST_AFTER_S = 0.01
"""0 would say nothing about when to come back (`model.close`)."""


class Gateway:
    """Must be made inside the loop that will serve it. After `begin_drain` new
    connections are told to come back later instead of being welcomed. `followed_rooms` as in
    `Progress`."""

    def __init__(
        self,
        settings: GatewaySettings,
        clock: Clock,
        entropy: Entropy,
        meter: Meter,
        *,
        limit_loopback: bool = False,
        trusted: TrustedProxies | None = None,
        followed_rooms: int = 20_000,
        traces: Traces = NO_TRACES,
        watched: TraceSettings = TraceSettings(),  # noqa: B008 (frozen)
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.entropy = entropy
        self.meter = meter
        self.hub = Hub()
        self.progress = Progress(followed_rooms)
        self.wheel = TimerWheel(clock.now())
        self.turn = Turn(asyncio.get_running_loop())
        self.traces = traces
        self.watching = Watching(self.hub, self.turn, clock, meter, traces, watched)
        self.blocked: set[Blocked] = set()
        """Streams whose reader does not take what was written. Few; kept at pause and resume."""
        self.trusted = trusted or TrustedProxies()
        self._limit_loopback = limit_loopback
        limits = settings.connections(limit_loopback=limit_loopback)
        self.admission = Admission(limits, lambda address: self.trusted.trusts(address))
        self.longest_heartbeat_s = settings.heartbeat_s
        """Of all that clients which are connected may have been told at their hello."""
        self.outbox_limits = settings.outbox()
        self.session_limits = settings.session()
        self.hooks: Hooks | None = None
        """Whom to ask before somebody may connect; None when nobody is."""
        self.draining = False
        self._away_s = self._spread_s = 1.0
        self._streams = 0
        self.deserted = asyncio.Event()
        """Set while no connection is open that has to be told why it ends: idle HTTP has not."""
        self.deserted.set()

    def apply(self, settings: GatewaySettings, trusted: TrustedProxies) -> None:
        """From now on, also for connections that are open: limits and times. Nobody is closed
        because a limit became smaller than what is there. Queues of open connections keep their
        bounds, and what is read from the settings when a service is built stays as it was."""
        self.settings = settings
        self.trusted = trusted
        self.longest_heartbeat_s = max(self.longest_heartbeat_s, settings.heartbeat_s)
        self.outbox_limits = settings.outbox()
        self.session_limits.take(settings.session())
        self.admission.limits = settings.connections(limit_loopback=self._limit_loopback)

    def admit(self, address: str) -> Close | None:
        """Count a new connection, or say why there is no room for it (`Admission.admit`)."""
        if self.draining:
            return self.come_back()
        refused = self.admission.admit(address)
        if refused is None:
            self._streams += 1
            self.deserted.clear()
        return refused

    def release(self, address: str) -> None:
        """An admitted connection has closed."""
        self.admission.release(address)
        self._streams -= 1
        if not self._streams:
            self.deserted.set()

    def begin_drain(self, *, away_s: float) -> None:
        """From now on everybody is sent away. `away_s` is how long nobody will listen here; 0
        when a successor does already."""
        self.draining = True
        self._away_s = away_s
        returning = self.hub.connections() / self.settings.drain_returns_per_second
        self._spread_s = max(MIN_SPREAD_S, returning)

    def make_place(self, user: UserId) -> bool:
        """Whether `user` may have one more link in the hub; add it before the next await.

        Under `kick_oldest` there is always a place: the oldest link gives it up.
        """
        settings = self.settings
        if self.hub.user_online(user) < settings.max_connections_per_user:
            return True
        if settings.user_limit == "reject":
            return False
        links = self.hub.of_user(user)
        for oldest in links[: len(links) - settings.max_connections_per_user + 1]:
            oldest.close(Close(CloseCode.TOO_MANY_CONNECTIONS))
        return True

    def token_left_s(self, expires_at: float) -> float:
        """How long a connection whose token expires then may stay, the grace included."""
        return expires_at + self.settings.token_grace_s - self.clock.unix_ms() / 1000

    def come_back(self) -> Close:
        """DRAINING with a time of its own for each client, so that they do not all come at once
        (`GatewaySettings.drain_returns_per_second`)."""
        part = int.from_bytes(self.entropy.token_bytes(2), "big") / 65536
        after_s = self._away_s + max(SHORTEST_AFTER_S, part * self._spread_s)
        return Close(CloseCode.DRAINING, round(after_s, 2))

    async def keep_time(self) -> None:
        """Advance the wheel until cancelled. One task per process.

        How much later than asked for it wakes is how long a ready task waits for its turn.
        """
        while True:
            due_at = self.clock.now() + self.wheel.tick_s
            await asyncio.sleep(self.wheel.tick_s)
            now = self.clock.now()
            self.meter.observe("loop_lag_seconds", max(0.0, now - due_at))
            self.wheel.advance(now)

    def blocked_bytes(self) -> int:
        """What waits for readers that do not take it: nobody else's outbox outlives a turn."""
        return sum(stream.waiting_bytes() for stream in self.blocked)
