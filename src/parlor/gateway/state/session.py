"""What one native connection may do now: greet first, then requests within bounds, then close.

Owns the phase, the number of requests in flight and their rate; knows no method but `hello`.
Called by `gateway.native` for every request that could be read.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from parlor.model.close import Close, CloseCode
from parlor.model.errors import AlreadyGreeted, NotReady, ParlorError, RateLimited
from parlor.push.pace import Pace

REFUSAL_WINDOW_S = 10.0
HELLO = "hello"


class Phase(Enum):
    GREETING = "greeting"
    """Only `hello` is legal."""
    CHECKING = "checking"
    """A hello is being answered; nothing else is legal until it is."""
    OPEN = "open"
    CLOSING = "closing"
    """What still comes in is not looked at."""


class SessionLimits(msgspec.Struct):
    """Per connection; one object for all of them, so that `take` reaches those that are open.

    A connection ends without a hello in `hello_timeout_s`, and with more than `max_refusals`
    refused requests in ten seconds.
    """

    hello_timeout_s: float
    requests_per_second: float
    request_burst: int
    max_in_flight: int
    max_refusals: int

    def take(self, new: SessionLimits) -> None:
        """Other limits from the next request on."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(new, name))


class Session:
    """Ask `check_request` before a request runs; say `on_done` when it has been answered."""

    __slots__ = ("_limits", "_pace", "_refused", "_refused_since", "hello_by", "in_flight", "phase")

    def __init__(self, limits: SessionLimits, now: float) -> None:
        self.phase = Phase.GREETING
        self.hello_by = now + limits.hello_timeout_s
        self.in_flight = 0
        self._limits = limits
        self._pace: Pace | None = None
        self._refused = 0
        self._refused_since = now

    def check_request(self, method: str, now: float) -> ParlorError | Close | None:
        """None: run it, it counts as in flight. An error: refuse this one. Close: end it all.

        Every refusal counts, whatever its cause, so that nonsense is bounded too.
        """
        refusal = self._refusal(method, now)
        if refusal is None:
            self.in_flight += 1
            if method == HELLO:
                self.phase = Phase.CHECKING
            return None
        if now - self._refused_since > REFUSAL_WINDOW_S:
            self._refused, self._refused_since = 0, now
        self._refused += 1
        if self._refused > self._limits.max_refusals:
            return Close(CloseCode.RATE_LIMITED, REFUSAL_WINDOW_S)
        return refusal

    def check_time(self, now: float) -> float | Close | None:
        """When the hello must have been accepted, or that it is too late; None: it has been."""
        if self.phase is Phase.OPEN or self.phase is Phase.CLOSING:
            return None
        return self.hello_by if now < self.hello_by else Close(CloseCode.NO_HELLO)

    def on_done(self) -> None:
        """A request that was allowed has been answered."""
        self.in_flight -= 1

    def on_hello(self, *, accepted: bool) -> None:
        """The hello in flight was accepted, or refused and may be tried again."""
        if self.phase is Phase.CHECKING:
            self.phase = Phase.OPEN if accepted else Phase.GREETING

    def on_close(self) -> None:
        self.phase = Phase.CLOSING

    def _refusal(self, method: str, now: float) -> ParlorError | None:
        limits, pace = self._limits, self._pace
        if pace is None:
            pace = self._pace = Pace(limits.requests_per_second, limits.request_burst, now)
        elif pace.per_second != limits.requests_per_second or pace.burst != limits.request_burst:
            pace.change(limits.requests_per_second, limits.request_burst)
        wait_s = pace.take_nowait(now)
        if wait_s:
            return RateLimited(retry_after_s=wait_s)
        if method == HELLO:
            return None if self.phase is Phase.GREETING else AlreadyGreeted()
        if self.phase is not Phase.OPEN:
            return NotReady()
        if self.in_flight >= self._limits.max_in_flight:
            return RateLimited(
                f"At most {self._limits.max_in_flight} requests may wait for an answer."
            )
        return None
