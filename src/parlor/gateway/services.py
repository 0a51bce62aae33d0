"""What the methods of the native protocol need from the services below.

Boot hands in the objects of im, calls and accounts; tests hand in small ones of their own. The
errors these raise are part of their contracts and reach the client as replies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from parlor.accounts.services import Devices, People
from parlor.gateway.mail import Mailboxes
from parlor.gateway.state.link import Link
from parlor.im.groups.groups import Groups
from parlor.im.message_services import Acts, Forwarding, Schedules, States
from parlor.im.people_services import Contacts, Profiles, Statuses, Typing
from parlor.im.receipt_services import Delivered, Receipts
from parlor.im.services import OwnServices, Reading, Search, Send, Sync, Threads
from parlor.model.account import Admitted, Identity
from parlor.model.call import CallView, IceServer, Media
from parlor.model.close import CloseCode
from parlor.model.ids import CallId, ConversationId, RoomId, UserId
from parlor.model.status import Presence as SeenPresence
from parlor.ports.accounts import RevocationKind
from parlor.ports.presence import Presence
from parlor.push.listed import ListedRooms
from parlor.push.policies import Policies
from parlor.push.publishing import Publishing
from parlor.push.replay import Replay


class Authentication(Protocol):
    async def admit(self, token: str, resume: str, address: str, /) -> Admitted:
        """Raises Unauthenticated, AuthUnavailable, TooManyAttempts."""

    async def renew(self, old: Identity, token: str, address: str, /) -> Admitted:
        """Raises as `admit`, and Forbidden for another user's token."""

    def check_again(self, identity: Identity, /) -> None:
        """Raises Unauthenticated when it was revoked since it was admitted."""

    async def sign_out(self, identity: Identity, /) -> None: ...

    def on_session_end(self, ended: Callable[[Identity], None], /) -> None:
        """Call `ended` whenever a sign-in ends, whoever ended it."""

    def on_sent_away(self, sent_away: Callable[[Identity, CloseCode], None], /) -> None:
        """Call `sent_away` whenever a sign-in ends because of another device of the same person or
        a new password, before those of `on_session_end`."""

    def on_revoked(self, revoked: Callable[[RevocationKind, str], None], /) -> None:
        """Call `revoked` for every user, device or sign-in that is revoked."""

    def on_ended_elsewhere(self, ended: Callable[[frozenset[str]], None], /) -> None:
        """Call `ended` with the names of sign-ins that another process has ended."""


class Calls(Protocol):
    def start(
        self, user: UserId, endpoint: str, conversation_id: ConversationId, media: Media, /
    ) -> Awaitable[CallView]: ...

    def ringing(self, user: UserId, endpoint: str, call_id: CallId, /) -> Awaitable[CallView]: ...

    def accept(self, user: UserId, endpoint: str, call_id: CallId, /) -> Awaitable[CallView]: ...

    def reject(self, user: UserId, endpoint: str, call_id: CallId, /) -> Awaitable[CallView]: ...

    def hang_up(self, user: UserId, endpoint: str, call_id: CallId, /) -> Awaitable[CallView]: ...

    def signal(
        self, user: UserId, endpoint: str, call_id: CallId, kind: str, payload: str, /
    ) -> Awaitable[None]: ...

    def of_user(self, user: UserId, /) -> tuple[CallView, ...]: ...

    def on_endpoint_gone(self, user: UserId, endpoint: str, /) -> None: ...

    def on_endpoint_back(self, user: UserId, endpoint: str, /) -> None: ...


class WhoIsThere(Protocol):
    """`gateway.presence.RoomPresence.comings`."""

    def users(self, room: RoomId, /) -> tuple[UserId, ...]: ...


class WatchedPeople(Protocol):
    """`gateway.people_presence.PeoplePresence`."""

    async def watch(self, link: Link, users: Sequence[UserId], /) -> Sequence[SeenPresence]: ...


class IceServers(Protocol):
    def servers_for(self, user: UserId, /) -> tuple[tuple[IceServer, ...], int]:
        """(servers, Unix milliseconds when to ask again)."""


@dataclass(frozen=True, slots=True)
class Services:
    """`epoch` names the database: another one in a hello means that cursors start anew."""

    authentication: Authentication
    people: People
    send: Send
    threads: Threads
    groups: Groups
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
    calls: Calls
    ice: IceServers
    presence: Presence
    replay: Replay
    publishing: Publishing
    policies: Policies
    listed: ListedRooms
    who: WhoIsThere
    mailboxes: Mailboxes
    contacts: Contacts
    profiles: Profiles
    statuses: Statuses
    people_presence: WatchedPeople
    typing: Typing
    epoch: str
    max_group_members: int
    recall_window_s: int
    edit_window_s: int
