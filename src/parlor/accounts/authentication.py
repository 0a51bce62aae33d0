"""Who may connect: one chain for every kind of token, tried by the form of the token.

A resume ticket first, when there is one: no database. Then an access token of Parlor's own
accounts (`plt_`), then the customer's tokens by the first driver that takes the form (a JWT, a
call back to the customer), then, from this machine and where the operator allows it, anybody
(`auth.open`). Called by hellos, by the front doors and by the REST API.

Invariants: what nobody can check is refused, with an error that says so; nothing is accepted
that `revoked` knows; an address that presents many bad tokens is not looked at for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parlor.accounts.attempts import BadTokens
from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.guests import identify, session_of
from parlor.accounts.people import People
from parlor.accounts.recent_claims import RecentClaims
from parlor.accounts.revoked import Revoked
from parlor.accounts.sign_ins import SignIns
from parlor.accounts.tickets import PREFIX, Tickets
from parlor.accounts.tokens import Kind
from parlor.model.account import Admitted, Identity, User
from parlor.model.address import is_loopback
from parlor.model.close import CloseCode
from parlor.model.errors import (
    Forbidden,
    NotFound,
    ParlorError,
    TooManyAttempts,
    Unauthenticated,
)
from parlor.model.ids import DeviceId, UserId
from parlor.ports.accounts import Revocation, RevocationKind
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.ports.tokens import Claims, Tokens

_OWN = (*Kind, PREFIX)
"""How everything begins that Parlor gave out itself: nobody else is shown it."""
OnRevoked = Callable[[RevocationKind, str], None]


class Authentication:
    """`drivers` are asked in order; the first that takes the form of a token decides on it."""

    def __init__(
        self,
        sign_ins: SignIns,
        people: People,
        drivers: Sequence[Tokens],
        tickets: Tickets,
        revoked: Revoked,
        bad_tokens: BadTokens,
        settings: AuthSettings,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._sign_ins = sign_ins
        self._people = people
        self._drivers = drivers
        self._claims = RecentClaims(settings, clock)
        self._tickets = tickets
        self.revoked = revoked
        self.bad_tokens = bad_tokens
        """By address; a successor of this process is given it."""
        self._settings = settings
        self._clock = clock
        self._meter = meter
        self._on_session_end: list[Callable[[Identity], None]] = []
        self._on_revoked: list[OnRevoked] = []
        self._on_use: list[Callable[[Identity, str], None]] = []
        sign_ins.on_end(revoked.on_session_end)
        people.on_changed(revoked.outdate)

    @property
    def remembered(self) -> int:
        """Customers' tokens that need no driver for a while."""
        return len(self._claims)

    async def admit(self, token: str, resume: str, address: str) -> Admitted:
        """Let somebody connect from `address`; a good `resume` makes `token` unnecessary.

        Raises Unauthenticated, AuthUnavailable (nobody can tell now), TooManyAttempts.
        """
        self._check_place(address)
        if resume:
            try:
                resumed = await self._resume(resume)
                self._used(resumed.identity, address)
                return resumed
            except Unauthenticated as refused:
                self._meter.count("auth_refused_total", how="ticket", code=refused.code)
                if not token:
                    self._note(refused, address)
                    raise
        identity, user = await self._checked(token, address, whole=True, anew=True)
        ticket = self._tickets.issue(identity, user, self._now())
        self._used(identity, address)
        return Admitted(identity, user, ticket)

    async def authenticate(self, token: str, address: str, *, anew: bool = False) -> Identity:
        """Who holds this token, for one request. Raises as `admit`.

        What a driver said of it counts for `recheck_s`; `anew` asks again, for a door that lets
        a connection in by it. Revocations count at once either way.
        """
        self._check_place(address)
        identity, _ = await self._checked(token, address, whole=False, anew=anew)
        self._used(identity, address)
        return identity

    def check_again(self, identity: Identity) -> None:
        """Whether what was admitted a moment ago may still come in: for whoever has waited since,
        and is told of revocations only from now on. Raises Unauthenticated."""
        self.revoked.check(identity)

    async def renew(self, old: Identity, token: str, address: str) -> Admitted:
        """A newer token for a connection that is open. Raises as `admit`, and Forbidden when it
        is another user's or for another device."""
        admitted = await self.admit(token, "", address)
        new = admitted.identity
        if (new.user, new.device, new.has_account) != (old.user, old.device, old.has_account):
            raise Forbidden("The new token is of another user or device.")
        return admitted

    async def sign_out(self, identity: Identity) -> None:
        """End this one sign-in. A customer's token is not accepted again."""
        if not identity.session.startswith(session_of("")):
            await self._sign_ins.end(identity)
            return
        await self.revoked.add(RevocationKind.SESSION, identity.session)
        for callback in self._on_session_end:
            callback(identity)

    async def revoke(self, kind: RevocationKind, value: str) -> Revocation:
        """Refuse what was issued until now for this user, device or sign-in, and close its
        connections. Sign-ins of accounts end. Raises Overloaded, StorageFailed.
        """
        revocation = await self.revoked.add(kind, value)
        if kind is RevocationKind.USER:
            await self._sign_ins.end_all(UserId(value))
        elif kind is RevocationKind.DEVICE:
            await self._sign_ins.end_device(DeviceId(value))
        elif kind is RevocationKind.SESSION:
            await self._sign_ins.end_session(value)
        for callback in self._on_revoked:
            callback(kind, value)
        self._meter.count("auth_revocations_total", kind=kind.value)
        return revocation

    async def revoke_token(self, token_id: str) -> Revocation:
        """As `revoke`, for one customer's token by its id (`jti`)."""
        return await self.revoke(RevocationKind.SESSION, session_of(token_id))

    def on_session_end(self, callback: Callable[[Identity], None]) -> None:
        """Call `callback` whenever a sign-in ends, whoever ended it."""
        self._sign_ins.on_end(callback)
        self._on_session_end.append(callback)

    def on_sent_away(self, callback: Callable[[Identity, CloseCode], None]) -> None:
        """Call `callback` whenever another device of the same person or a new password has ended a
        sign-in, before those of `on_session_end`: its connections are to be closed at once, saying
        why."""
        self._sign_ins.on_sent_away(callback)

    def on_use(self, callback: Callable[[Identity, str], None]) -> None:
        """Call `callback` with the address for each token or ticket that was accepted."""
        self._on_use.append(callback)

    def on_revoked(self, callback: OnRevoked) -> None:
        """Call `callback` for each revocation: connections of that user, device or sign-in that
        are open now have to go."""
        self._on_revoked.append(callback)

    def on_ended_elsewhere(self, callback: Callable[[frozenset[str]], None]) -> None:
        """Call `callback` with the names of sign-ins that another process has ended."""
        self.revoked.on_found(callback)

    async def _resume(self, text: str) -> Admitted:
        ticket = self._tickets.check(text, self._now())
        await self.revoked.catch_up()
        self.revoked.check(ticket.identity, seen_at=ticket.made_at)
        self._meter.count("auth_admitted_total", how="ticket")
        return Admitted(ticket.identity, ticket.user, text, resumed=True)

    async def _checked(
        self, token: str, address: str, *, whole: bool, anew: bool
    ) -> tuple[Identity, User]:
        """`whole`: the user's name is wanted too; else it may be empty."""
        how = self._how(token, address)
        try:
            found = await self._look(how, token, whole=whole, anew=anew)
            self.revoked.check(found[0])
        except ParlorError as refused:
            self._meter.count("auth_refused_total", how=_name_of(how), code=refused.code)
            if isinstance(refused, Unauthenticated):
                self._note(refused, address)
            raise
        self._meter.count("auth_admitted_total", how=_name_of(how))
        return found

    def _how(self, token: str, address: str) -> Tokens | str:
        if token.startswith(Kind.ACCESS):
            return "account"
        if token and not token.startswith(_OWN) and len(token) <= self._settings.max_token_chars:
            for driver in self._drivers:
                if driver.takes(token):
                    return driver
            if self._settings.open and is_loopback(address):
                return "open"
        return "none"

    async def _look(
        self, how: Tokens | str, token: str, *, whole: bool, anew: bool
    ) -> tuple[Identity, User]:
        if how == "account":
            if not whole:
                identity = await self._sign_ins.authenticate(token)
                return identity, User(identity.user, "", "")
            holder = await self._sign_ins.holder(token)
            return holder.identity, holder.user
        if how == "open":
            name, _, device = token.partition("/")
            return identify(Claims(name, 0.0, self._now(), device=device), token, self._settings)
        if isinstance(how, str):
            raise Unauthenticated
        claims = await self._claims.check(how, token, anew=anew)
        await self.revoked.catch_up()
        identity, user = identify(claims, token, self._settings)
        if identity.has_account:
            try:
                user = await self._people.user(identity.user)
            except NotFound as gone:
                raise Unauthenticated("The token names an account that is not there.") from gone
        return identity, user

    def _used(self, identity: Identity, address: str) -> None:
        for callback in self._on_use:
            callback(identity, address)

    def _check_place(self, address: str) -> None:
        wait_s = self.bad_tokens.wait_s(address, self._clock.now())
        if wait_s:
            self._meter.count("auth_refused_total", how="none", code=TooManyAttempts.code)
            raise TooManyAttempts(retry_after_s=wait_s)

    def _note(self, refused: Unauthenticated, address: str) -> None:
        if not refused.was_good:
            self.bad_tokens.add(address, self._clock.now())

    def _now(self) -> float:
        return self._clock.unix_ms() / 1000


def _name_of(how: Tokens | str) -> str:
    return how if isinstance(how, str) else how.name
