"""Sessions and their tokens: opening, checking, renewing, ending.

Owns what a token proves and for how long, and tells whoever asked when a session ends. Who may
have one is decided by `signing` and `links`, which call this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from parlor.accounts.appearing import appear
from parlor.accounts.device_policy import chooser
from parlor.accounts.recent import Recent
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.tokens import Kind, digest, mint
from parlor.model.account import Identity, Tokens, User
from parlor.model.close import CloseCode
from parlor.model.device import UNSEEN, Appearance, Platform
from parlor.model.errors import BadRequest, Unauthenticated
from parlor.model.ids import DeviceId, UserId
from parlor.ports.accounts import Accounts, Holder, Reused, SessionRow, Sessions
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy

MAX_DEVICE_CHARS = 64
_MAX_ADDRESS_CHARS = 64


class SignedIn(msgspec.Struct, frozen=True):
    """The only time that the tokens are seen: the server keeps their hashes."""

    user: User
    admin: bool
    device: DeviceId
    tokens: Tokens


class Arrival(NamedTuple):
    """A device that wants to sign in, checked (`SignIns.check_device`). `labelled`: the client
    says what it is called; otherwise that is guessed."""

    device: DeviceId
    platform: Platform
    label: str
    labelled: bool
    address: str


class _Minted(NamedTuple):
    row: SessionRow
    tokens: Tokens


class SignIns:
    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        settings: AccountsSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._settings = settings
        self._clock = clock
        self._entropy = entropy
        self._known: Recent[Identity] = Recent(settings.remembered_tokens, settings.recheck_s)
        self._on_end: list[Callable[[Identity], None]] = []
        self._on_sent_away: list[Callable[[Identity, CloseCode], None]] = []

    @property
    def remembered(self) -> int:
        """Tokens that need no database."""
        return len(self._known)

    def on_end(self, callback: Callable[[Identity], None]) -> None:
        """Call `callback` for each session that ends in this process, after it has ended.

        Not for one that merely runs out: the gateway closes its connections by itself.
        """
        self._on_end.append(callback)

    def on_sent_away(self, callback: Callable[[Identity, CloseCode], None]) -> None:
        """Call `callback`, before those of `on_end`, for each session that another device of the
        same person or a new password ended: with why, for its connections to be closed at once."""
        self._on_sent_away.append(callback)

    def check_device(
        self, device: str, appearance: Appearance = UNSEEN, address: str = ""
    ) -> Arrival:
        """A device as clients name it; a new name when they give none. Raises BadRequest."""
        if len(device) > MAX_DEVICE_CHARS or not device.isprintable():
            raise BadRequest(f"A device has at most {MAX_DEVICE_CHARS} printable characters.")
        platform, label = appear(appearance)
        name = DeviceId(device or self._entropy.token_bytes(12).hex())
        address = address[:_MAX_ADDRESS_CHARS]
        return Arrival(name, platform, label, bool(appearance.label), address)

    async def open(
        self, user: User, arrival: Arrival, *, admin: bool, password_hash: str | None = None
    ) -> SignedIn:
        """Sign `user` in; an earlier sign-in on the same device ends, and others do as
        `accounts.device_policy` and `accounts.max_devices` say. Raises TooManyDevices, and
        WrongCredentials when `password_hash` is given and not that of the password any more."""
        minted = self._mint(user.id, arrival)
        policy = self._settings.device_policy.get(arrival.platform)
        choose = chooser(policy, arrival.platform, self._settings.max_devices)
        opened = await self._sessions.open(minted.row, choose, password_hash=password_hash)
        if opened.again is not None:
            self._ended(opened.again)
        for replaced in opened.replaced:
            self._sent_away(replaced, CloseCode.DEVICE_REPLACED)
        return SignedIn(user, admin, arrival.device, minted.tokens)

    async def refresh(
        self, refresh_token: str, appearance: Appearance = UNSEEN, address: str = ""
    ) -> SignedIn:
        """New tokens for a refresh token, which is spent by it; the old access token dies too.
        `appearance` fills in what the sign-in left open.

        Raises Unauthenticated. A token that was spent before has been copied by somebody: its
        session ends for both.
        """
        old_hash = digest(Kind.REFRESH, refresh_token)
        if old_hash is None:
            raise Unauthenticated
        minted = self._mint(UserId(""), self.check_device("", appearance, address))
        rotated = await self._sessions.rotate(old_hash, minted.row, self._now())
        if isinstance(rotated, Reused):
            self._ended(rotated.ended)
        if not isinstance(rotated, Identity):
            raise Unauthenticated
        self._known.forget(rotated.session)
        found = await self._accounts.users([rotated.user])
        if not found:
            raise Unauthenticated
        return SignedIn(found[0], rotated.admin, rotated.device, minted.tokens)

    async def authenticate(self, token: str) -> Identity:
        """Who holds this access token. Raises Unauthenticated."""
        token_hash = digest(Kind.ACCESS, token)
        if token_hash is None:
            raise Unauthenticated
        identity = self._known.get(token_hash, self._clock.now())
        if identity is None:
            version = self._known.version
            identity = (await self._holder(token_hash)).identity
            self._known.put(token_hash, identity.session, identity, self._clock.now(), version)
        return self._unexpired(identity)

    async def holder(self, token: str) -> Holder:
        """Who holds this access token and what they are called now, by one query.

        Raises Unauthenticated. For hellos, which have to know both; not remembered.
        """
        token_hash = digest(Kind.ACCESS, token)
        if token_hash is None:
            raise Unauthenticated
        holder = await self._holder(token_hash)
        self._unexpired(holder.identity)
        return holder

    async def _holder(self, token_hash: bytes) -> Holder:
        holder = await self._sessions.by_token(token_hash)
        if holder is None:
            raise Unauthenticated
        identity = holder.identity
        issued_at = identity.expires_at - self._settings.token_s
        return Holder(msgspec.structs.replace(identity, issued_at=issued_at), holder.user)

    def _unexpired(self, identity: Identity) -> Identity:
        if identity.expires_at <= self._now():
            raise Unauthenticated(
                "The token has expired: renew it with the refresh token.", was_good=True
            )
        return identity

    async def end(self, identity: Identity) -> None:
        await self._sessions.end(identity.session)
        self._ended(identity)

    async def end_session(self, session: str) -> None:
        """As `end`, for whoever knows only the name; nothing when there is no such session."""
        identity = await self._sessions.end(session)
        if identity is not None:
            self._ended(identity)

    async def end_device(self, device: DeviceId) -> None:
        """Sign everybody out who is signed in on a device of this name."""
        for identity in await self._sessions.end_device(device):
            self._ended(identity)

    async def end_afar(self, user: UserId, device: DeviceId) -> bool:
        """Sign one device out that is not the one which asks; False when it is not signed in."""
        identity = await self._sessions.end_one(user, device)
        if identity is not None:
            self._sent_away(identity, CloseCode.SIGNED_OUT)
        return identity is not None

    async def end_others(self, me: Identity) -> int:
        """Sign out every device but the one that asks; how many those were."""
        ended = await self._sessions.end_all(me.user, but=me.session)
        for identity in ended:
            self._sent_away(identity, CloseCode.SIGNED_OUT)
        return len(ended)

    def on_ended_with_password(self, ended: Sequence[Identity]) -> None:
        """The store has ended these together with the password that had opened them."""
        for identity in ended:
            self._sent_away(identity, CloseCode.SIGNED_OUT)

    async def end_all(self, user: UserId) -> None:
        """Sign `user` out everywhere."""
        for identity in await self._sessions.end_all(user):
            self._ended(identity)

    def _sent_away(self, identity: Identity, why: CloseCode) -> None:
        for callback in self._on_sent_away:
            callback(identity, why)
        self._ended(identity)

    def _ended(self, identity: Identity) -> None:
        self._known.forget(identity.session)
        for callback in self._on_end:
            callback(identity)

    def _mint(self, user: UserId, arrival: Arrival) -> _Minted:
        access, refresh = mint(Kind.ACCESS, self._entropy), mint(Kind.REFRESH, self._entropy)
        now, settings = self._now(), self._settings
        row = SessionRow(
            id=self._entropy.token_bytes(12).hex(),
            user=user,
            device=arrival.device,
            token_hash=digest(Kind.ACCESS, access) or b"",
            token_expires_at=now + settings.token_s,
            refresh_hash=digest(Kind.REFRESH, refresh) or b"",
            refresh_expires_at=now + settings.refresh_s,
            platform=arrival.platform,
            label=arrival.label,
            labelled=arrival.labelled,
            created_at=self._clock.unix_ms(),
            address=arrival.address,
        )
        return _Minted(row, Tokens(access, refresh, settings.token_s))

    def _now(self) -> float:
        return self._clock.unix_ms() / 1000
