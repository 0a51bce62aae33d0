"""Services that keep everything in memory, for tests of HTTP alone.

They keep the promises that REST shows (a resent message is the same event, a refresh token is
spent once), nothing more; the real ones have suites of their own.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from parlor.accounts.keys import MadeKey
from parlor.api.debug import Debug, DebugSettings
from parlor.api.readiness import Readiness
from parlor.api.services import About, Inside, Services
from parlor.drivers.memory.people import MemoryPeople
from parlor.model.account import Identity, KeyGrant, KeyRecord, Quota, Scope, Tokens, User
from parlor.model.audit import AuditEntry
from parlor.model.call import IceServer
from parlor.model.conversation import ConversationKind, ConversationView, Member
from parlor.model.device import UNSEEN, Appearance
from parlor.model.errors import (
    BadRequest,
    Forbidden,
    NameTaken,
    NewPasswordNeeded,
    NotFound,
    NotMember,
    OverQuota,
    SignUpClosed,
    Unauthenticated,
    WrongCredentials,
)
from parlor.model.event import Event, EventKind
from parlor.model.group import Role
from parlor.model.ids import (
    ConnectionKey,
    ConversationId,
    DeviceId,
    PushId,
    RoomId,
    UserId,
    event_id,
)
from parlor.model.push import Audience, ToAll, ToDevices, ToRoom, ToUsers
from parlor.model.text import check_display_name, check_name, check_text
from parlor.ports.accounts import Revocation, RevocationKind
from parlor.push.backlog import Backlog
from parlor.push.in_flight import InFlight
from parlor.push.pushes import Pushed, Wish
from parlor.push.traces import Traces
from tests.support.filing import filing
from tests.support.message_acts import MessageActs
from tests.support.own_services import nothing_found, own_services
from tests.support.people_services import people_house
from tests.support.receipts import NotedPositions, OneReader, TwoDevices
from tests.support.small_groups import SmallGroups

KEY = "plk_test"
LINK = "link-of-the-first-administrator"


@dataclass
class HandClock:
    """Time that stands still until a test moves it."""

    at: float = 1_000.0

    def now(self) -> float:
        return self.at

    def unix_ms(self) -> int:
        return int(self.at * 1_000)


@dataclass(frozen=True)
class SignedInHere:
    user: User
    admin: bool
    device: DeviceId
    tokens: Tokens


class Accounts:
    """Signing, people, keys and links over one set of dictionaries."""

    def __init__(self) -> None:
        self.open_sign_up = True
        self.by_id: dict[UserId, User] = {}
        self.store = MemoryPeople()
        self.passwords: dict[str, str] = {}
        self.one_time: set[str] = set()
        """Names whose password is good for choosing a new one only."""
        self.tokens: dict[str, Identity] = {}
        self.refresh_tokens: dict[str, Identity] = {}
        self.links = {LINK}
        self.addresses: list[str] = []
        self.appearances: list[Appearance] = []
        self.asked: list[str] = []
        """Every token that somebody presented as a user's."""
        self.revoked: list[tuple[RevocationKind, str]] = []
        self._numbers = itertools.count(101)

    def _add(self, name: str, password: str, display_name: str) -> User:
        name = check_name(name)
        if name in self.passwords:
            raise NameTaken
        user = User(
            UserId(str(next(self._numbers))), name, check_display_name(display_name or name)
        )
        self.by_id[user.id] = user
        self.store.add(user)
        self.passwords[name] = password
        return user

    def _tokens(self, user: User, named: str, *, admin: bool = False) -> SignedInHere:
        number = next(self._numbers)
        device = DeviceId(named or f"device-{number}")
        tokens = Tokens(f"token-{number}", f"refresh-{number}", 3_600)
        identity = Identity(user.id, device, f"session-{number}", admin)
        self.tokens[tokens.token] = self.refresh_tokens[tokens.refresh_token] = identity
        return SignedInHere(user, admin, device, tokens)

    async def sign_up(
        self,
        name: str,
        password: str,
        display_name: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
    ) -> SignedInHere:
        self.appearances.append(appearance)
        if not self.open_sign_up:
            raise SignUpClosed
        self.addresses.append(address)
        return self._tokens(self._add(name, password, display_name), device)

    async def sign_in(
        self,
        name: str,
        password: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
        new_password: str = "",
    ) -> SignedInHere:
        self.appearances.append(appearance)
        if self.passwords.get(name) != password:
            raise WrongCredentials
        if name in self.one_time:
            if not new_password:
                raise NewPasswordNeeded
            self.one_time.discard(name)
            self.passwords[name] = new_password
        return self._tokens(next(u for u in self.by_id.values() if u.name == name), device)

    async def change(self, me: Identity, present: str, new: str, *, address: str) -> int:
        self.addresses.append(address)
        name = self.by_id[me.user].name
        if self.passwords[name] != present:
            raise WrongCredentials
        self.passwords[name] = new
        others = [t for t, i in self.tokens.items() if i.user == me.user and i != me]
        for token in others:
            del self.tokens[token]
        return len(others)

    async def refresh(
        self, refresh_token: str, *, appearance: Appearance = UNSEEN, address: str = ""
    ) -> SignedInHere:
        self.appearances.append(appearance)
        identity = self.refresh_tokens.pop(refresh_token, None)
        if identity is None:
            raise Unauthenticated
        return self._tokens(self.by_id[identity.user], identity.device, admin=identity.admin)

    async def sign_out(self, identity: Identity) -> None:
        self.tokens = {t: i for t, i in self.tokens.items() if i.session != identity.session}

    async def authenticate(self, token: str, address: str) -> Identity:
        self.asked.append(token)
        if token not in self.tokens:
            raise Unauthenticated
        return self.tokens[token]

    async def revoke(self, kind: RevocationKind, value: str) -> Revocation:
        self.revoked.append((kind, value))
        return Revocation(kind, value, 1_000.0, 4_600.5)

    async def revoke_token(self, token_id: str) -> Revocation:
        return await self.revoke(RevocationKind.SESSION, f"jti:{token_id}")

    async def user(self, id: UserId) -> User:
        return self.by_id[id]

    async def users(self, ids: Sequence[UserId]) -> Sequence[User]:
        return [self.by_id[one] for one in ids if one in self.by_id]

    async def find(self, query: str, cursor: str, limit: int) -> tuple[Sequence[User], str]:
        found = [u for u in self.by_id.values() if u.name.startswith(query) and u.name > cursor]
        return found[:limit], found[limit - 1].name if len(found) > limit else ""

    async def rename(self, user: UserId, display_name: str) -> User:
        renamed = await self.store.rename(user, check_display_name(display_name))
        self.by_id[user] = renamed
        return renamed

    async def changed(self, user: UserId) -> None:
        """The next look finds the new profile anyhow."""

    async def look(self, token: str) -> tuple[str, bool]:
        if token not in self.links:
            raise NotFound
        return "", True

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
    ) -> SignedInHere:
        await self.look(token)
        self.links.discard(token)
        return self._tokens(self._add(name, password, display_name), device, admin=True)


class Keys:
    """API keys: KEY opens everything, `KEY_scope` one scope."""

    def __init__(self) -> None:
        self.made: dict[str, KeyRecord] = {}
        self.spent: list[int] = []
        self.over_quota = False

    async def check(self, key: str, scope: Scope) -> KeyGrant:
        if not key.startswith(KEY):
            raise Unauthenticated
        if key not in (KEY, f"{KEY}_{scope.value}"):
            raise Forbidden
        return KeyGrant("test", frozenset({scope}))

    def spend(self, grant: KeyGrant, messages: int) -> None:
        self.spent.append(messages)
        if self.over_quota:
            raise OverQuota(retry_after_s=1.5)

    async def add(
        self, name: str, scopes: Iterable[Scope], *, expires_in_s: float, quota: Quota
    ) -> MadeKey:
        if name in self.made:
            raise NameTaken
        number = f"{len(self.made) + 1:012x}"
        grant = KeyGrant(name, frozenset(scopes), number, 1_000 + expires_in_s, quota)
        self.made[name] = KeyRecord(grant, 1_000)
        return MadeKey(f"plk_{name}", self.made[name])

    async def list(self) -> Sequence[KeyRecord]:
        return list(self.made.values())

    async def revoke(self, id_or_name: str) -> KeyRecord:
        for name, record in self.made.items():
            if id_or_name in (name, record.grant.id):
                return self.made.pop(name)
        raise NotFound


class Conversations:
    """Threads, sending, syncing and reading over one list of events per conversation."""

    def __init__(self) -> None:
        self.members_of: dict[ConversationId, tuple[UserId, ...]] = {}
        self.kinds: dict[ConversationId, tuple[ConversationKind, str]] = {}
        self.logs: dict[ConversationId, list[Event]] = {}
        self.read_to: dict[tuple[ConversationId, UserId], int] = {}
        self._numbers = itertools.count(9_001)

    def check(self, id: ConversationId, user: UserId) -> list[Event]:
        if id not in self.logs:
            raise NotFound
        if user not in self.members_of[id]:
            raise NotMember
        return self.logs[id]

    def _append(self, id: ConversationId, kind: EventKind, sender: UserId, **more: object) -> Event:
        seq = len(self.logs[id]) + 1
        event = Event(id, seq, event_id(id, seq), kind, sender, 1_790_000_000_000, **more)  # type: ignore[arg-type]
        self.logs[id].append(event)
        return event

    async def create(
        self,
        user: UserId,
        kind: ConversationKind,
        members: Sequence[UserId],
        title: str,
        *,
        client_id: str = "",
    ) -> tuple[ConversationView, bool]:
        everybody = tuple(sorted({user, *members}))
        for there, known in self.members_of.items():
            if kind is ConversationKind.DIRECT and known == everybody:
                return await self.get(user, there), False
        new = ConversationId(str(next(self._numbers)))
        self.members_of[new], self.kinds[new], self.logs[new] = everybody, (kind, title), []
        self._append(new, EventKind.CREATED, user, members=everybody, title=title)
        return await self.get(user, new), True

    async def get(self, user: UserId, id: ConversationId) -> ConversationView:
        log = self.check(id, user)
        kind, title = self.kinds[id]
        read_seq = self.read_to.get((id, user), 0)
        others = [u for u in self.members_of[id] if u != user]
        return ConversationView(
            id=id,
            kind=kind,
            title=title,
            last_seq=len(log),
            read_seq=read_seq,
            unread=len(log) - read_seq,
            active_at=log[-1].sent_at,
            last_event=log[-1],
            peer=others[0] if kind is ConversationKind.DIRECT else None,
            member_count=len(others) + 1,
        )

    async def page(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[ConversationView], str]:
        mine = [c for c, members in self.members_of.items() if user in members and c > cursor]
        page = [await self.get(user, c) for c in mine[:limit]]
        return page, page[-1].id if len(mine) > limit else ""

    async def members(
        self, user: UserId, id: ConversationId, cursor: str, limit: int
    ) -> tuple[Sequence[Member], str]:
        self.check(id, user)
        listed = [u for u in self.members_of[id] if u > cursor]
        page = [Member(u, Role.MEMBER, 1, self.read_to.get((id, u), 0)) for u in listed[:limit]]
        return page, page[-1].user_id if len(listed) > limit else ""

    async def text(
        self,
        sender: UserId,
        conversation_id: ConversationId,
        client_id: str,
        text: str,
        *,
        reply_to: int = 0,
        mentions: Sequence[UserId] = (),
        mentions_all: bool = False,
        silent: bool = False,
        expires_in_s: int = 0,
        file: str = "",
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event, bool]:
        log = self.check(conversation_id, sender)
        for event in log:
            if event.sender == sender and event.client_id == client_id:
                return event, False
        event = self._append(
            conversation_id,
            EventKind.MESSAGE,
            sender,
            client_id=client_id,
            text=check_text(text),
            reply_to=reply_to,
            mentions=tuple(mentions),
            mentions_all=mentions_all,
            silent=silent,
            expires_at=expires_in_s,
        )
        return event, True

    async def events(
        self,
        user: UserId,
        conversation_id: ConversationId,
        after: int | None,
        before: int | None,
        limit: int,
    ) -> tuple[Sequence[Event], int, bool]:
        log = self.check(conversation_id, user)
        between = [e for e in log if e.seq > (after or 0) and (before is None or e.seq < before)]
        page = between[:limit] if after is not None else between[-limit:]
        return page, len(log), len(between) > len(page)

    async def set(self, user: UserId, conversation_id: ConversationId, seq: int) -> tuple[int, int]:
        log = self.check(conversation_id, user)
        key = (conversation_id, user)
        self.read_to[key] = max(self.read_to.get(key, 0), min(seq, len(log)))
        return self.read_to[key], len(log) - self.read_to[key]


@dataclass
class RecordedPushes:
    sent: list[tuple[Audience, bytes, Wish]] = field(default_factory=list)

    def _push(self, to: Audience, body: bytes, wish: Wish) -> Pushed:
        self.sent.append((to, body, wish))
        return Pushed(PushId(f"pu_{len(self.sent)}"), None)

    async def to_devices(self, devices: Sequence[DeviceId], body: bytes, wish: Wish) -> Pushed:
        return self._push(ToDevices(tuple(devices)), body, wish)

    async def to_users(self, users: Sequence[UserId], body: bytes, wish: Wish) -> Pushed:
        return self._push(ToUsers(tuple(users)), body, wish)

    async def to_room(self, room: RoomId, body: bytes, wish: Wish, *, rate: int = 0) -> Pushed:
        return self._push(ToRoom(room, rate), body, wish)

    async def to_rooms(
        self, rooms: Sequence[RoomId], body: bytes, wish: Wish, *, rate: int = 0
    ) -> Pushed:
        pushed = [self._push(ToRoom(room, rate), body, wish) for room in rooms]
        return pushed[0]

    async def to_all(self, body: bytes, wish: Wish, *, rate: int = 0) -> Pushed:
        return self._push(ToAll(rate), body, wish)


@dataclass
class CountedRooms:
    rooms: Mapping[str, int] = field(default_factory=lambda: {"news": 3, "live://1000": 7})

    def online(self, user: UserId) -> int:
        return 2 if user == "101" else 0

    def device_online(self, device: DeviceId) -> int:
        return 1 if device == "phone" else 0

    def users_online(self) -> int:
        return 8

    def in_room(self, room: RoomId) -> int:
        return self.rooms.get(room, 0)

    def top_rooms(self, prefix: str, limit: int) -> Sequence[tuple[RoomId, int]]:
        fullest = sorted(self.rooms.items(), key=lambda row: -row[1])
        return [(RoomId(name), n) for name, n in fullest if name.startswith(prefix)][:limit]

    def totals(self) -> tuple[int, int]:
        return 10, 4


class OneStunServer:
    def servers_for(self, user: UserId) -> tuple[tuple[IceServer, ...], int]:
        return (IceServer(("stun:stun.example.org:3478",)),), 1_790_000_000_000


class RecordedMetrics:
    """A meter that remembers counts, and shows one line of them."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        key = (name, " ".join(f"{k}={v}" for k, v in sorted(labels.items())))
        self.counts[key] = self.counts.get(key, 0) + by

    def observe(self, name: str, value: float, **labels: str) -> None:
        pass

    def gauge(self, name: str, callback: Callable[[], float], help: str) -> None:
        pass

    def exposition(self, accept: str) -> tuple[bytes, str]:
        return b"parlor_up 1\n", "text/plain; version=0.0.4; charset=utf-8"


class Watched:
    """A watch list of at most two."""

    def __init__(self) -> None:
        self.users: frozenset[UserId] = frozenset()

    def set(self, users: Iterable[str]) -> None:
        wanted = frozenset(map(UserId, users))
        if len(wanted) > 2:
            raise BadRequest("At most 2 users are watched.")
        self.users = wanted


class ListedAudit:
    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    async def put(self, entry: AuditEntry) -> AuditEntry:
        self.entries.append(msgspec.structs.replace(entry, id=len(self.entries) + 1))
        return self.entries[-1]

    async def list(self, before: int, limit: int, *, subject: str = "") -> Sequence[AuditEntry]:
        found = [e for e in reversed(self.entries) if not before or e.id < before]
        return [e for e in found if subject in ("", e.subject)][:limit]


class NoProfile:
    """A profiler that says how it was asked."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def render(self, *, html: bool) -> str:
        return "<html></html>" if html else "profile"


@dataclass
class Memory:
    """Everything behind one application, for a test to prepare and look into."""

    accounts: Accounts = field(default_factory=Accounts)
    keys: Keys = field(default_factory=Keys)
    conversations: Conversations = field(default_factory=Conversations)
    devices: TwoDevices = field(default_factory=TwoDevices)
    delivered: NotedPositions = field(default_factory=NotedPositions)
    groups: SmallGroups = field(init=False)
    audit: ListedAudit = field(default_factory=lambda: ListedAudit())
    pushes: RecordedPushes = field(default_factory=RecordedPushes)
    metrics: RecordedMetrics = field(default_factory=RecordedMetrics)
    clock: HandClock = field(default_factory=HandClock)
    readiness: Readiness = field(default_factory=Readiness)
    traces: Traces = field(default_factory=lambda: Traces(HandClock(), 10))
    watching: Watched = field(default_factory=lambda: Watched())
    debug: Debug = field(default_factory=lambda: Debug(DebugSettings(), NoProfile))
    in_flight: InFlight = field(default_factory=InFlight)

    def __post_init__(self) -> None:
        self.acts = MessageActs(self.conversations.check)
        self.groups = SmallGroups(self.conversations)

    def services(self, **other: object) -> Services:
        house = people_house(clock=self.clock, store=self.accounts.store, names=self.accounts)
        services = Services(
            signing=self.accounts,
            new_passwords=self.accounts,
            authentication=self.accounts,
            people=self.accounts,
            keys=self.keys,
            links=self.accounts,
            threads=self.conversations,
            groups=self.groups.groups(),
            audit=self.audit,
            send=self.conversations,
            sync=self.conversations,
            reading=self.conversations,
            devices=self.devices,
            delivered=self.delivered,
            receipts=OneReader("9001"),
            acts=self.acts,
            states=self.acts,
            forwarding=self.acts,
            schedules=self.acts,
            own=own_services(),
            search=nothing_found(),
            contacts=house.contacts,
            profiles=house.profiles,
            pictures=house.pictures,
            # Whoever uploads something brings a place for it.
            files=filing(Path("/dev/null/nowhere")).services,
            statuses=house.statuses,
            pushes=self.pushes,
            backlog=Backlog(lambda: 0, 1, 0.0),
            presence=CountedRooms(),
            ice=OneStunServer(),
            clock=self.clock,
            meter=self.metrics,
            metrics=self.metrics,
            readiness=self.readiness,
            inside=Inside(self.traces, lambda user, number: (0, True), self.watching, self.debug),
            in_flight=self.in_flight,
            about=About("1.2.3", True, ("en", "zh"), 4_096, 64, 1_000),
        )
        return dataclasses.replace(services, **other)  # type: ignore[arg-type]
