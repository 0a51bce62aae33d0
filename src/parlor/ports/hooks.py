"""The operator's own programs: telling them, asking them, and how either gets there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from parlor.model.hook import HookEvent, HookKind


class Hooks(Protocol):
    """What the gateway and rooms call (`push.hooks`)."""

    def tell_nowait(self, event: HookEvent) -> None:
        """Pass it on some time soon; never waits, never fails."""

    def asks(self, kind: HookKind) -> bool:
        """Whether `ask` has to be called before this is done."""

    async def ask(self, event: HookEvent) -> None:
        """Return when it may be done. Raises Vetoed, HookUnavailable."""


class HookFailed(Exception):
    """There was no answer, or one that cannot be used; the message is for the log."""


class HookPost(Protocol):
    """One HTTP POST. Redirects are not followed: the answer is then the redirect."""

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> tuple[int, bytes]:
        """(status, the first 64 KiB of the body). Raises HookFailed. May be cancelled."""


class HookQueue(Protocol):
    """What waits for one receiver, in order, from telling to delivery.

    Bounded: when it is full, the oldest that `take` has not given out makes place.
    """

    def put_nowait(self, event: bytes) -> None: ...

    async def wait(self) -> None:
        """Until there is something to take."""

    async def take(self, limit: int) -> Sequence[bytes]:
        """The oldest ones, at most `limit`. The same again until `done`."""

    def done(self) -> None:
        """What `take` gave out last is delivered, or given up."""

    @property
    def waiting(self) -> int:
        """Those given out included."""

    @property
    def dropped(self) -> int:
        """How many made place, since the start."""
