"""The services behind the native protocol, small and in memory: enough to talk to a gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from parlor.gateway.people_presence import PeoplePresence
from parlor.gateway.services import Services
from parlor.model.account import Admitted, Identity, User
from parlor.model.call import CallState, CallView, IceServer, Media
from parlor.model.close import CloseCode
from parlor.model.conversation import ConversationKind, ConversationView, Member
from parlor.model.errors import Forbidden, NoSuchCall, NotFound, ParlorError, Unauthenticated
from parlor.model.event import Event, EventKind
from parlor.model.group import Role
from parlor.model.ids import CallId, ConnectionKey, ConversationId, DeviceId, UserId, event_id
from parlor.ports.accounts import RevocationKind
from tests.support.message_acts import MessageActs
from tests.support.own_services import nothing_found, own_services
from tests.support.people_services import people_house
from tests.support.receipts import NotedPositions, OneReader, TwoDevices
from tests.support.room_services import RoomServices
from tests.support.small_groups import SmallGroups


class TokenAuthentication:
    """A token `user:device` is good for that user on that device, until signed out.

    What a test wants to be different about a token's identity goes into `other`; the ticket of a
    token is `ticket of TOKEN`. `refuses`, once set, is raised for every token.
    """

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.revoked: set[str] = set()
        self.other: dict[str, Identity] = {}
        self.refuses: ParlorError | None = None
        self._listeners: list[Callable[[Identity], None]] = []
        self._sending_away: list[Callable[[Identity, CloseCode], None]] = []
        self._revoking: list[Callable[[RevocationKind, str], None]] = []

    async def admit(self, token: str, resume: str, address: str) -> Admitted:
        if self.refuses is not None:
            raise self.refuses
        named = resume.removeprefix("ticket of ")
        identity = self.identity(named or token)
        user = User(identity.user, f"name-{identity.user}", f"Name {identity.user}")
        return Admitted(identity, user, f"ticket of {identity.session}", resumed=bool(named))

    async def renew(self, old: Identity, token: str, address: str) -> Admitted:
        admitted = await self.admit(token, "", address)
        if admitted.identity.user != old.user:
            raise Forbidden
        return admitted

    def check_again(self, identity: Identity) -> None:
        if identity.session in self.ended or identity.user in self.revoked:
            raise Unauthenticated

    def identity(self, token: str) -> Identity:
        user, colon, device = token.partition(":")
        if not colon or token in self.ended:
            raise Unauthenticated
        plain = Identity(UserId(user), DeviceId(device), session=token)
        return self.other.get(token, plain)

    def revoke(self, kind: RevocationKind, value: str) -> None:
        self.revoked.add(value)
        for listener in self._revoking:
            listener(kind, value)

    def on_revoked(self, revoked: Callable[[RevocationKind, str], None]) -> None:
        self._revoking.append(revoked)

    def on_sent_away(self, sent_away: Callable[[Identity, CloseCode], None]) -> None:
        self._sending_away.append(sent_away)

    def send_away(self, token: str, why: CloseCode) -> None:
        for listener in self._sending_away:
            listener(self.identity(token), why)

    def on_ended_elsewhere(self, ended: Callable[[frozenset[str]], None]) -> None:
        self.end_elsewhere = ended

    async def sign_out(self, identity: Identity) -> None:
        self.ended.add(identity.session)
        for listener in self._listeners:
            listener(identity)

    def on_session_end(self, ended: Callable[[Identity], None]) -> None:
        self._listeners.append(ended)


class EverybodyExists:
    async def user(self, id: UserId) -> User:
        return User(id, f"name-{id}", f"Name {id}")

    async def users(self, ids: Sequence[UserId]) -> Sequence[User]:
        return [await self.user(one) for one in ids]

    async def find(self, query: str, cursor: str, limit: int) -> tuple[Sequence[User], str]:
        return [await self.user(UserId(query))][:limit], ""


class OneThread:
    """One conversation for everybody: send, sync, threads and read positions in one.

    `hold`, when set to a fresh Event, keeps sends from being stored until it is set.
    """

    def __init__(self) -> None:
        self.id = ConversationId("900")
        self.events_stored: list[Event] = []
        self.hold: asyncio.Event | None = None
        self.read: dict[UserId, int] = {}

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
        self.check(conversation_id)
        if self.hold is not None:
            await self.hold.wait()
        for event in self.events_stored:
            if event.client_id == client_id and event.sender == sender:
                return event, False
        seq = len(self.events_stored) + 1
        event = Event(
            self.id,
            seq,
            event_id(self.id, seq),
            EventKind.MESSAGE,
            sender,
            1_700_000_000_000 + seq,
            client_id,
            text,
            reply_to,
            tuple(mentions),
            mentions_all=mentions_all,
            silent=silent,
            expires_at=expires_in_s,
        )
        self.events_stored.append(event)
        return event, True

    async def events(
        self,
        user: UserId,
        conversation_id: ConversationId,
        after: int | None,
        before: int | None,
        limit: int,
    ) -> tuple[Sequence[Event], int, bool]:
        self.check(conversation_id)
        found = [event for event in self.events_stored if event.seq > (after or 0)]
        return found[:limit], len(self.events_stored), len(found) > limit

    async def set(self, user: UserId, conversation_id: ConversationId, seq: int) -> tuple[int, int]:
        self.check(conversation_id)
        self.read[user] = max(seq, self.read.get(user, 0))
        return self.read[user], len(self.events_stored) - self.read[user]

    async def create(
        self,
        user: UserId,
        kind: ConversationKind,
        members: Sequence[UserId],
        title: str,
        *,
        client_id: str = "",
    ) -> tuple[ConversationView, bool]:
        return self._view(kind, title, len(members) + 1), True

    async def get(self, user: UserId, id: ConversationId) -> ConversationView:
        self.check(id)
        return self._view(ConversationKind.GROUP, "everybody", 2)

    async def page(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[ConversationView], str]:
        return [await self.get(user, self.id)], ""

    async def members(
        self, user: UserId, id: ConversationId, cursor: str, limit: int
    ) -> tuple[Sequence[Member], str]:
        self.check(id)
        return [Member(user, Role.OWNER, 1, 0)], ""

    def check(self, id: ConversationId) -> None:
        if id != self.id:
            raise NotFound

    def _view(self, kind: ConversationKind, title: str, members: int) -> ConversationView:
        last = self.events_stored[-1] if self.events_stored else None
        return ConversationView(
            self.id, kind, title, len(self.events_stored), 0, 0, 0, last, None, members
        )


class WatchedCalls:
    """Calls that only remember which endpoints went and came."""

    def __init__(self) -> None:
        self.gone: list[str] = []
        self.back: list[str] = []
        self.signals: list[tuple[str, str, str]] = []

    async def start(
        self, user: UserId, endpoint: str, conversation_id: ConversationId, media: Media
    ) -> CallView:
        return self._view(user, media)

    async def ringing(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        return self._view(user, Media.AUDIO)

    async def accept(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        return self._view(user, Media.AUDIO)

    async def reject(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        raise NoSuchCall

    async def hang_up(self, user: UserId, endpoint: str, call_id: CallId) -> CallView:
        raise NoSuchCall

    async def signal(
        self, user: UserId, endpoint: str, call_id: CallId, kind: str, payload: str
    ) -> None:
        self.signals.append((endpoint, kind, payload))

    def of_user(self, user: UserId) -> tuple[CallView, ...]:
        return ()

    def on_endpoint_gone(self, user: UserId, endpoint: str) -> None:
        self.gone.append(endpoint)

    def on_endpoint_back(self, user: UserId, endpoint: str) -> None:
        self.back.append(endpoint)

    def _view(self, user: UserId, media: Media) -> CallView:
        return CallView(
            CallId("1"), ConversationId("900"), user, UserId("2"), media, CallState.INVITED, 1
        )


class NobodyTypes:
    """Remembers who said that they type."""

    def __init__(self) -> None:
        self.said: list[tuple[UserId, bool]] = []

    async def set(self, user: UserId, conversation_id: ConversationId, *, on: bool) -> None:
        self.said.append((user, on))


class NoRelays:
    def servers_for(self, user: UserId) -> tuple[tuple[IceServer, ...], int]:
        return (IceServer(("stun:127.0.0.1:3478",)),), 1_800_000_000_000


class SmallServices:
    """The parts, so that a test can look at them, and `services`, as the gateway takes them."""

    def __init__(self, rooms: RoomServices, epoch: str = "epoch-1") -> None:
        self.rooms = rooms
        self.authentication = TokenAuthentication()
        self.people = EverybodyExists()
        self.thread = OneThread()
        self.devices = TwoDevices()
        self.delivered = NotedPositions()
        self.acts = MessageActs(lambda conversation, _: self.thread.check(conversation))
        self.groups = SmallGroups(self.thread)
        self.calls = WatchedCalls()
        self.typing = NobodyTypes()
        numbers = (UserId(str(number)) for number in range(1, 10))
        self.people_house = people_house(
            *numbers, clock=rooms.gateway.clock, bus=rooms.bus, counts=rooms.counts
        )
        self.people_presence = PeoplePresence(
            rooms.gateway,
            self.people_house.statuses,
            self.people_house.store,
            rooms.counts,
            rooms.bus,
            self.people_house.settings,
        )
        self.services = Services(
            authentication=self.authentication,
            people=self.people,
            send=self.thread,
            threads=self.thread,
            groups=self.groups.groups(),
            sync=self.thread,
            reading=self.thread,
            devices=self.devices,
            delivered=self.delivered,
            receipts=OneReader(self.thread.id),
            own=own_services(),
            search=nothing_found(),
            acts=self.acts,
            states=self.acts,
            forwarding=self.acts,
            schedules=self.acts,
            calls=self.calls,
            ice=NoRelays(),
            presence=rooms.counts,
            replay=rooms.replay,
            publishing=rooms.publishing,
            policies=rooms.policies,
            listed=rooms.listed,
            who=rooms.presence.comings,
            mailboxes=rooms.mailboxes,
            contacts=self.people_house.contacts,
            profiles=self.people_house.profiles,
            statuses=self.people_house.statuses,
            people_presence=self.people_presence,
            typing=self.typing,
            epoch=epoch,
            max_group_members=100,
            recall_window_s=120,
            edit_window_s=0,
        )
