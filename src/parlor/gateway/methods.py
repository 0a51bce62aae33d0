"""The table of the native protocol: each method bound to the service that does it.

Translates parameters to calls and results to result structs, nothing else: rights, limits and
order belong to the services.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar, cast

from parlor.gateway.catch_up import CatchUp
from parlor.gateway.gateway import Gateway
from parlor.gateway.greeting import Greeting
from parlor.gateway.mail import MailCarrier
from parlor.gateway.requests import Bound, Caller, Handler, Outcome
from parlor.gateway.rooms import Rooms
from parlor.gateway.services import Services
from parlor.model.account import Identity
from parlor.model.errors import BadRequest, NotReady
from parlor.model.ids import CallId, ConversationId, UserId
from parlor.wire.native import methods as wire

MAX_IDS = 100
_OF_ACCOUNTS = ("me.", "users.", "conversation.", "message.", "events.", "read.", "call.")
"""What a user whom only a customer's token knows may not call: conversations and calls are
between accounts."""
MAX_PAGE = 200

P = TypeVar("P", bound=wire.Params)


def build_table(gateway: Gateway, services: Services, mail: MailCarrier) -> dict[str, Bound]:
    """Every method of `wire.native.methods.METHODS`, no more and no fewer."""
    methods = Methods(gateway, services, mail)
    catch_up = CatchUp(gateway, services.replay)
    greeting = Greeting(gateway, services, catch_up, mail)
    rooms = Rooms(gateway, services, catch_up)
    table = {
        "hello": _bind(wire.Hello, greeting.hello),
        "token.renew": _bind(wire.TokenRenew, greeting.renew),
        "heartbeat": _bind(wire.Heartbeat, methods.heartbeat),
        "me.get": _bind(wire.MeGet, methods.me),
        "me.update": _bind(wire.MeUpdate, methods.rename, finishes=True),
        "users.find": _bind(wire.UsersFind, methods.find_users),
        "users.get": _bind(wire.UsersGet, methods.get_users),
        "session.end": _bind(wire.SessionEnd, methods.sign_out),
        "conversation.create": _bind(wire.ConversationCreate, methods.create, finishes=True),
        "conversation.get": _bind(wire.ConversationGet, methods.conversation),
        "conversation.list": _bind(wire.ConversationList, methods.conversations),
        "conversation.members": _bind(wire.ConversationMembers, methods.members),
        "message.send": _bind(wire.MessageSend, methods.send, finishes=True),
        "events.list": _bind(wire.EventsList, methods.events),
        "read.set": _bind(wire.ReadSet, methods.read, finishes=True),
        "room.join": _bind(wire.RoomJoin, rooms.join),
        "room.leave": _bind(wire.RoomLeave, rooms.leave),
        "room.publish": _bind(wire.RoomPublish, rooms.publish, finishes=True),
        "tags.set": _bind(wire.TagsSet, rooms.set_tags),
        "call.start": _bind(wire.CallStart, methods.start_call, finishes=True),
        "call.ringing": _bind(wire.CallRinging, methods.ringing, finishes=True),
        "call.accept": _bind(wire.CallAccept, methods.accept, finishes=True),
        "call.reject": _bind(wire.CallReject, methods.reject, finishes=True),
        "call.hang_up": _bind(wire.CallHangUp, methods.hang_up, finishes=True),
        "call.signal": _bind(wire.CallSignal, methods.signal, finishes=True),
        "call.ice": _bind(wire.CallIce, methods.ice),
        "mail.ack": _bind(wire.MailAck, methods.acknowledge),
    }
    if table.keys() != wire.METHODS.keys():
        raise LookupError(f"not bound: {table.keys() ^ wire.METHODS.keys()}")
    return {
        name: replace(bound, needs_account=name.startswith(_OF_ACCOUNTS))
        for name, bound in table.items()
    }


def _bind(
    params: type[P],
    handler: Callable[[Caller, P], Outcome | Awaitable[Outcome]],
    *,
    finishes: bool = False,
) -> Bound:
    # The decoder gives exactly `params` to this handler; a table of them cannot say so.
    return Bound(params, cast("Handler", handler), finishes)


def _who(caller: Caller) -> Identity:
    if caller.identity is None:
        raise NotReady
    return caller.identity


def _page(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise BadRequest(f"`limit` is 1 to {MAX_PAGE}.")
    return limit


class Methods:
    def __init__(self, gateway: Gateway, services: Services, mail: MailCarrier) -> None:
        self._clock = gateway.clock
        self._services = services
        self._mail = mail

    def heartbeat(self, caller: Caller, params: wire.Heartbeat) -> wire.HeartbeatResult:
        return wire.HeartbeatResult(self._clock.unix_ms())

    async def me(self, caller: Caller, params: wire.MeGet) -> wire.UserResult:
        return wire.UserResult(await self._services.people.user(_who(caller).user))

    async def rename(self, caller: Caller, params: wire.MeUpdate) -> wire.UserResult:
        user = await self._services.people.rename(_who(caller).user, params.display_name)
        return wire.UserResult(user)

    async def find_users(self, caller: Caller, params: wire.UsersFind) -> wire.UsersResult:
        limit = _page(params.limit)
        users, cursor = await self._services.people.find(params.query, params.cursor, limit)
        return wire.UsersResult(tuple(users), cursor)

    async def get_users(self, caller: Caller, params: wire.UsersGet) -> wire.UsersResult:
        if len(params.ids) > MAX_IDS:
            raise BadRequest(f"At most {MAX_IDS} ids.")
        users = await self._services.people.users([UserId(user) for user in params.ids])
        return wire.UsersResult(tuple(users))

    async def sign_out(self, caller: Caller, params: wire.SessionEnd) -> wire.Empty:
        await self._services.authentication.sign_out(_who(caller))
        return wire.Empty()

    async def create(
        self, caller: Caller, params: wire.ConversationCreate
    ) -> wire.ConversationResult:
        view, created = await self._services.threads.create(
            _who(caller).user,
            params.kind,
            [UserId(user) for user in params.members],
            params.title,
            client_id=params.client_id,
        )
        return wire.ConversationResult(view, created)

    async def conversation(
        self, caller: Caller, params: wire.ConversationGet
    ) -> wire.ConversationResult:
        view = await self._services.threads.get(
            _who(caller).user, ConversationId(params.conversation_id)
        )
        return wire.ConversationResult(view)

    async def conversations(
        self, caller: Caller, params: wire.ConversationList
    ) -> wire.ConversationListResult:
        limit = _page(params.limit)
        views, cursor = await self._services.threads.page(_who(caller).user, params.cursor, limit)
        return wire.ConversationListResult(tuple(views), cursor)

    async def members(self, caller: Caller, params: wire.ConversationMembers) -> wire.MembersResult:
        limit = _page(params.limit)
        members, cursor = await self._services.threads.members(
            _who(caller).user, ConversationId(params.conversation_id), params.cursor, limit
        )
        users = await self._services.people.users([member.user_id for member in members])
        return wire.MembersResult(tuple(members), tuple(users), cursor)

    async def send(self, caller: Caller, params: wire.MessageSend) -> wire.MessageSendResult:
        event, created = await self._services.send.text(
            _who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            params.text,
            reply_to=params.reply_to,
            mentions=[UserId(user) for user in params.mentions],
        )
        return wire.MessageSendResult(event, created)

    async def events(self, caller: Caller, params: wire.EventsList) -> wire.EventsResult:
        limit = _page(params.limit)
        events, last_seq, more = await self._services.sync.events(
            _who(caller).user,
            ConversationId(params.conversation_id),
            params.after,
            params.before,
            limit,
        )
        return wire.EventsResult(tuple(events), last_seq, more)

    async def read(self, caller: Caller, params: wire.ReadSet) -> wire.ReadResult:
        read_seq, unread = await self._services.reading.set(
            _who(caller).user, ConversationId(params.conversation_id), params.seq
        )
        return wire.ReadResult(read_seq, unread)

    async def start_call(self, caller: Caller, params: wire.CallStart) -> wire.CallResult:
        call = await self._services.calls.start(
            _who(caller).user,
            caller.link.endpoint,
            ConversationId(params.conversation_id),
            params.media,
        )
        return wire.CallResult(call)

    async def ringing(self, caller: Caller, params: wire.CallRinging) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.ringing(
                _who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def accept(self, caller: Caller, params: wire.CallAccept) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.accept(
                _who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def reject(self, caller: Caller, params: wire.CallReject) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.reject(
                _who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def hang_up(self, caller: Caller, params: wire.CallHangUp) -> wire.CallResult:
        return wire.CallResult(
            await self._services.calls.hang_up(
                _who(caller).user, caller.link.endpoint, CallId(params.call_id)
            )
        )

    async def signal(self, caller: Caller, params: wire.CallSignal) -> wire.Empty:
        await self._services.calls.signal(
            _who(caller).user,
            caller.link.endpoint,
            CallId(params.call_id),
            params.kind,
            params.payload,
        )
        return wire.Empty()

    def ice(self, caller: Caller, params: wire.CallIce) -> wire.CallIceResult:
        servers, expires_at = self._services.ice.servers_for(_who(caller).user)
        return wire.CallIceResult(servers, expires_at)

    def acknowledge(self, caller: Caller, params: wire.MailAck) -> wire.Empty:
        self._mail.ack(caller.link, params.upto)
        return wire.Empty()
