"""What HTTP needs from below, as protocols: `im`, `accounts`, `push` and `calls` fulfil them.

`boot.assemble` fills one `Services`; tests fill it with services that keep everything in memory.
What each method promises is said where it is implemented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from parlor.accounts.keys import MadeKey
from parlor.accounts.services import Devices, People
from parlor.api.debug import Debug
from parlor.api.readiness import Readiness
from parlor.im.files.services import FileServices
from parlor.im.groups.groups import Groups
from parlor.im.message_services import Acts, Forwarding, Schedules, States
from parlor.im.people_services import Contacts, Pictures, Profiles, Statuses
from parlor.im.receipt_services import Delivered, Receipts
from parlor.im.services import OwnServices, Reading, Search, Send, Sync, Threads
from parlor.model.account import Identity, KeyGrant, KeyRecord, Quota, Scope, Tokens, User
from parlor.model.call import IceServer
from parlor.model.device import UNSEEN, Appearance
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.trace import Trace
from parlor.ports.accounts import Revocation, RevocationKind
from parlor.ports.audit import Audit
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.ports.presence import Presence
from parlor.push.backlog import Backlog
from parlor.push.in_flight import InFlight
from parlor.push.pushes import Pushed, Wish
from parlor.push.traces import Standing, Traces


class SignedIn(Protocol):
    @property
    def user(self) -> User: ...
    @property
    def admin(self) -> bool: ...
    @property
    def device(self) -> DeviceId: ...
    @property
    def tokens(self) -> Tokens: ...


class Signing(Protocol):
    async def sign_up(
        self,
        name: str,
        password: str,
        display_name: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
    ) -> SignedIn: ...
    async def sign_in(
        self,
        name: str,
        password: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
        new_password: str = "",
    ) -> SignedIn: ...
    async def refresh(
        self, refresh_token: str, *, appearance: Appearance = UNSEEN, address: str = ""
    ) -> SignedIn: ...


class NewPasswords(Protocol):
    async def change(self, me: Identity, present: str, new: str, *, address: str) -> int: ...


class Authentication(Protocol):
    async def authenticate(self, token: str, address: str) -> Identity: ...
    async def sign_out(self, identity: Identity) -> None: ...
    async def revoke(self, kind: RevocationKind, value: str) -> Revocation: ...
    async def revoke_token(self, token_id: str) -> Revocation: ...


class Keys(Protocol):
    async def check(self, key: str, scope: Scope) -> KeyGrant: ...
    def spend(self, grant: KeyGrant, messages: int) -> None: ...
    async def add(
        self, name: str, scopes: Iterable[Scope], *, expires_in_s: float, quota: Quota
    ) -> MadeKey: ...
    async def list(self) -> Sequence[KeyRecord]: ...
    async def revoke(self, id_or_name: str) -> KeyRecord: ...


class Links(Protocol):
    async def look(self, token: str) -> tuple[str, bool]: ...
    async def redeem(
        self,
        token: str,
        name: str,
        password: str,
        display_name: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
    ) -> SignedIn: ...


class Pushes(Protocol):
    async def to_devices(self, devices: Sequence[DeviceId], body: bytes, wish: Wish) -> Pushed: ...
    async def to_users(self, users: Sequence[UserId], body: bytes, wish: Wish) -> Pushed: ...
    async def to_room(self, room: RoomId, body: bytes, wish: Wish, *, rate: int = 0) -> Pushed: ...
    async def to_rooms(
        self, rooms: Sequence[RoomId], body: bytes, wish: Wish, *, rate: int = 0
    ) -> Pushed: ...
    async def to_all(self, body: bytes, wish: Wish, *, rate: int = 0) -> Pushed: ...


class Ice(Protocol):
    def servers_for(self, user: UserId) -> tuple[tuple[IceServer, ...], int]: ...


class Metrics(Protocol):
    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Everything measured so far and its content type, in the format that `accept` asks for."""

    def gauge(self, name: str, callback: Callable[[], float], help: str) -> None:
        """Ask `callback` whenever somebody looks."""


class Watching(Protocol):
    @property
    def users(self) -> frozenset[UserId]: ...
    def set(self, users: Iterable[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Inside:
    """What an administrator may look into."""

    traces: Traces
    standing: Standing
    watching: Watching
    debug: Debug

    def look(self, push_id: str) -> Trace:
        """Raises NotFound for a push that is not known, or not any more."""
        return self.traces.look(push_id, self.standing)


@dataclass(frozen=True, slots=True)
class About:
    """What anybody may know of this server before signing in."""

    version: str
    open_sign_up: bool
    languages: tuple[str, ...]
    max_text_chars: int
    max_title_chars: int
    max_group_members: int


@dataclass(frozen=True, slots=True)
class Services:
    signing: Signing
    new_passwords: NewPasswords
    authentication: Authentication
    people: People
    keys: Keys
    links: Links
    threads: Threads
    groups: Groups
    audit: Audit
    send: Send
    sync: Sync
    search: Search
    reading: Reading
    devices: Devices
    delivered: Delivered
    receipts: Receipts
    acts: Acts
    states: States
    forwarding: Forwarding
    schedules: Schedules
    own: OwnServices
    pushes: Pushes
    backlog: Backlog
    presence: Presence
    contacts: Contacts
    profiles: Profiles
    pictures: Pictures
    files: FileServices
    statuses: Statuses
    ice: Ice
    clock: Clock
    meter: Meter
    metrics: Metrics
    readiness: Readiness
    inside: Inside
    in_flight: InFlight
    """The requests of the API that are being answered; closed when the process drains."""
    about: About
