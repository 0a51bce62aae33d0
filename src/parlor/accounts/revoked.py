"""What must not be accepted although its signature is good.

Keeps in memory what `ports.accounts.Revocations` stores, so that a check costs a few lookups in
dictionaries. One query at the start, and one each `recheck_s` while somebody asks, brings what
other processes have stored. Called by `authentication`.

Invariant: what somebody revoked is refused until it expires. Only what tickets alone have to be
told (a sign-in has ended, a name has changed) gives way when there is no room: every ticket until
then is void instead, and its holder's token is looked up, where an ended sign-in is not found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.guests import session_of
from parlor.model.account import Identity
from parlor.model.errors import Overloaded, ParlorError, Unauthenticated
from parlor.model.ids import UserId
from parlor.ports.accounts import Revocation, RevocationKind, Revocations
from parlor.ports.clock import Clock

log = structlog.get_logger()
SWEEP_S = 60.0
SOONEST_S = 0.1
"""Between two looks that nobody has asked for."""


class Revoked:
    """`lifetime_s`: the longest that anything which may be presented lives."""

    def __init__(
        self, store: Revocations, settings: AuthSettings, clock: Clock, *, lifetime_s: float
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._known: dict[tuple[str, str], Revocation] = {}
        self._of_tickets: dict[tuple[str, str], Revocation] = {}
        self._mark = 0
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._sweep_at = 0.0
        self._void_before = 0.0
        self._on_found: list[Callable[[frozenset[str]], None]] = []

    def __len__(self) -> int:
        return len(self._known) + len(self._of_tickets)

    async def load(self) -> None:
        """What was revoked before this process began. Raises what the store raises."""
        self._asked_at = self._clock.now()
        found, self._mark = await self._store.since(self._mark)
        now = self._now()
        news = set[str]()
        for revocation in found:
            if revocation.expires_at > now:
                if revocation.kind is RevocationKind.SESSION and not self._knows(revocation):
                    news.add(revocation.value)
                self._remember(revocation)
        if news:
            for callback in self._on_found:
                callback(frozenset(news))

    def on_found(self, callback: Callable[[frozenset[str]], None]) -> None:
        """Call `callback` with the sign-ins that another process has ended, when that is seen."""
        self._on_found.append(callback)

    async def run(self) -> None:
        """Look also while nobody asks: connections that are open ask nothing."""
        while True:
            await asyncio.sleep(max(self._settings.recheck_s, SOONEST_S))
            await self.catch_up()

    async def catch_up(self) -> None:
        """Look for what other processes have revoked, unless that was done a moment ago.

        All who ask while the query runs wait for it. When the database does not answer, what
        is known counts on: that is logged, and tried again after `recheck_s`.
        """
        if self._asking is None:
            if self._clock.now() - self._asked_at < self._settings.recheck_s:
                return
            self._asking = asyncio.ensure_future(self._load_or_log())
            self._asking.add_done_callback(self._on_asked)
        await asyncio.shield(self._asking)

    async def add(self, kind: RevocationKind, value: str) -> Revocation:
        """Store it, then refuse it here from this moment on.

        Raises Overloaded when as many as may be are remembered, and what the store raises.
        """
        now = self._now()
        if self._is_full():
            self._sweep(now)
            self._make_room(now)
            if self._is_full():
                raise Overloaded("As many tokens as may be are revoked; wait for some to expire.")
        revocation = Revocation(kind, value, now, now + self._lifetime_s)
        await self._store.add(revocation, now)
        self._remember(revocation)
        return revocation

    async def outdate(self, user: UserId) -> None:
        """What tickets say of `user` is not so any more: they have to be looked up again."""
        now = self._now()
        view = Revocation(RevocationKind.VIEW, user, now, now + self._lifetime_s)
        await self._store.add(view, now)
        self._remember(view)

    def on_session_end(self, identity: Identity) -> None:
        """A sign-in has ended, and its end is stored: its tickets are void."""
        until = identity.expires_at
        self._remember(Revocation(RevocationKind.SESSION, identity.session, until, until))

    def check(self, identity: Identity, *, seen_at: float | None = None) -> None:
        """Raises Unauthenticated. `seen_at`: for a ticket, when its user was looked up."""
        found, session = self._known, (RevocationKind.SESSION, identity.session)
        if session in found or session in self._of_tickets:
            raise Unauthenticated("This sign-in has ended.", was_good=True)
        for kind, value in (
            (RevocationKind.USER, identity.user),
            (RevocationKind.DEVICE, identity.device),
        ):
            revocation = found.get((kind, value))
            if revocation is not None and identity.issued_at < revocation.before:
                raise Unauthenticated("This token has been revoked.", was_good=True)
        if seen_at is not None:
            view = self._of_tickets.get((RevocationKind.VIEW, identity.user))
            if seen_at <= self._void_before or (view is not None and seen_at <= view.before):
                raise Unauthenticated("What this ticket says is out of date.", was_good=True)

    async def _load_or_log(self) -> None:
        try:
            await self.load()
        except ParlorError as refused:
            log.warning("revocations_not_read", code=refused.code)

    def _on_asked(self, _: asyncio.Task[None]) -> None:
        self._asking = None

    def _memory_of(self, revocation: Revocation) -> dict[tuple[str, str], Revocation]:
        return self._of_tickets if _is_of_tickets(revocation) else self._known

    def _knows(self, revocation: Revocation) -> bool:
        return (revocation.kind, revocation.value) in self._memory_of(revocation)

    def _remember(self, revocation: Revocation) -> None:
        now = self._now()
        if now >= self._sweep_at:
            self._sweep(now)
        known = self._memory_of(revocation)
        key = (revocation.kind, revocation.value)
        older = known.get(key)
        if older is None and self._is_full():
            self._make_room(now)
            if known is self._of_tickets and self._is_full():
                return
        if older is None or older.before <= revocation.before:
            known[key] = revocation

    def _is_full(self) -> bool:
        return len(self) >= self._settings.max_revocations

    def _make_room(self, now: float) -> None:
        """Of what is full. What was revoked stays, also beyond the limit when it comes from
        another process, whose own limit bounds it."""
        if self._is_full():
            self._of_tickets.clear()
            self._void_before = now

    def _sweep(self, now: float) -> None:
        self._sweep_at = now + SWEEP_S
        for known in (self._known, self._of_tickets):
            for key in [key for key, one in known.items() if one.expires_at <= now]:
                del known[key]

    def _now(self) -> float:
        return self._clock.unix_ms() / 1000


def _is_of_tickets(revocation: Revocation) -> bool:
    """Whether a look into the database refuses it too; a customer's token is not in there."""
    if revocation.kind is RevocationKind.SESSION:
        return not revocation.value.startswith(session_of(""))
    return revocation.kind is RevocationKind.VIEW
