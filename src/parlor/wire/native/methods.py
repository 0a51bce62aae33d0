"""Every request of the native protocol: its parameters, its result, its name in `METHODS`."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from parlor.model.account import User
from parlor.model.call import CallView, IceServer, Media
from parlor.model.conversation import ConversationKind, ConversationView, Member
from parlor.model.event import Event
from parlor.model.room import Position, Priority


class Params(msgspec.Struct, frozen=True):
    pass


class Result(msgspec.Struct, frozen=True):
    pass


class Hello(Params, frozen=True):
    """The first request of a connection. `device` is checked against the token's own.

    `instance` tells two tabs of one device apart (≤ 32 characters). `epoch` is what the last
    hello reply said: another one in the new reply means that cursors start anew. `resume` is the
    ticket of the last hello or renewal: while it is good, `token` is not looked at and may be "".

    `since` says what was last seen of rooms in `rooms` that keep messages. `tags`: only pushes
    with these tags are wanted, except those through a room; left out, all are.
    """

    token: str
    instance: str = ""
    client: str = ""
    epoch: str = ""
    rooms: tuple[str, ...] = ()
    resume: str = ""
    since: dict[str, Position] = {}
    tags: tuple[str, ...] | None = None


class Limits(msgspec.Struct, frozen=True):
    max_message_bytes: int
    max_text_chars: int
    max_group_members: int
    requests_per_second: float
    request_burst: int


class BackOff(msgspec.Struct, frozen=True):
    """How long to wait before connecting again when nobody said: `first_s`, then twice as long
    each time, `longest_s` at most; each time a random part of the upper half."""

    first_s: float
    longest_s: float


class RoomState(msgspec.Struct, frozen=True):
    """A room as it was joined.

    `position` is where it stands, null when it keeps no messages. `recovered`: everything since
    the position that was given follows, in order, before anything newer. Not recovered although a
    position was given: what is missing cannot be had here any more.
    """

    room: str
    position: Position | None
    recovered: bool


class HelloResult(Result, frozen=True):
    """`server_time` is Unix milliseconds. Send `heartbeat` each `heartbeat_s` when idle.

    `calls` are those ringing or running for this user. `epoch_changed`: drop all cursors.
    `rooms` are the push rooms that were joined again, `room_states` how far each of them is.
    `resume` brings this user back without the token until it expires (empty: there is none);
    `resumed`: such a ticket let this one in. At `token_expires_at` (Unix milliseconds, 0: never)
    the connection ends, unless `token.renew` came before.

    `mail` is how many must-arrive pushes wait for this device: they follow, in pages; the next
    comes once the last is acknowledged.
    """

    user: User
    admin: bool
    device: str
    connection: str
    endpoint: str
    server_time: int
    heartbeat_s: float
    epoch: str
    epoch_changed: bool
    limits: Limits
    calls: tuple[CallView, ...]
    rooms: tuple[str, ...]
    back_off: BackOff = BackOff(0.5, 30.0)
    resume: str = ""
    resumed: bool = False
    token_expires_at: int = 0
    room_states: tuple[RoomState, ...] = ()
    mail: int = 0


class TokenRenew(Params, frozen=True):
    """A newer token of the same user and device; the connection goes on until that one expires."""

    token: str


class TokenResult(Result, frozen=True):
    """The ticket and the time that replace those of the hello."""

    resume: str
    token_expires_at: int


class Heartbeat(Params, frozen=True):
    pass


class HeartbeatResult(Result, frozen=True):
    server_time: int


class MeGet(Params, frozen=True):
    pass


class MeUpdate(Params, frozen=True):
    display_name: str


class UserResult(Result, frozen=True):
    user: User


class UsersFind(Params, frozen=True):
    """People whose account or display name has a word that starts with `query`."""

    query: str
    cursor: str = ""
    limit: int = 20


class UsersResult(Result, frozen=True):
    """`cursor` is empty when there is no more."""

    users: tuple[User, ...]
    cursor: str = ""


class UsersGet(Params, frozen=True):
    """At most 100 ids; those that do not exist are left out."""

    ids: tuple[str, ...]


class SessionEnd(Params, frozen=True):
    """Sign this device out; the connection is closed with `signed_out`."""


class Empty(Result, frozen=True):
    pass


class ConversationCreate(Params, frozen=True):
    """`members` are the others. A direct conversation that exists is returned.

    A group with the `client_id` of one that this user has made is that one.
    """

    kind: ConversationKind
    members: tuple[str, ...]
    title: str = ""
    client_id: str = ""


class ConversationResult(Result, frozen=True):
    conversation: ConversationView
    created: bool = False


class ConversationGet(Params, frozen=True):
    conversation_id: str


class ConversationList(Params, frozen=True):
    """Newest first; `cursor` from the last page, empty at first."""

    cursor: str = ""
    limit: int = 50


class ConversationListResult(Result, frozen=True):
    conversations: tuple[ConversationView, ...]
    cursor: str = ""


class ConversationMembers(Params, frozen=True):
    conversation_id: str
    cursor: str = ""
    limit: int = 100


class MembersResult(Result, frozen=True):
    members: tuple[Member, ...]
    users: tuple[User, ...]
    cursor: str = ""


class MessageSend(Params, frozen=True):
    """Acknowledged only after it is stored. The same `client_id` again is the same event."""

    conversation_id: str
    client_id: str
    text: str
    reply_to: int = 0
    mentions: tuple[str, ...] = ()


class MessageSendResult(Result, frozen=True):
    event: Event
    created: bool


class EventsList(Params, frozen=True):
    """Events with `after < seq` (from the oldest) or `seq < before` (the newest of them).

    Always in ascending seq. Neither given: the newest `limit`. Both: the range between.
    """

    conversation_id: str
    after: int | None = None
    before: int | None = None
    limit: int = 50


class EventsResult(Result, frozen=True):
    """`more`: there are further events in the direction asked for."""

    events: tuple[Event, ...]
    last_seq: int
    more: bool


class ReadSet(Params, frozen=True):
    """Everything up to `seq` was read. Never moves back."""

    conversation_id: str
    seq: int


class ReadResult(Result, frozen=True):
    read_seq: int
    unread: int


class RoomJoin(Params, frozen=True):
    """Listen to a push room. Most keep nothing; those that do fill what was missed `since`.

    `tail`: when there is no `since`, or it cannot be filled, send what the room still keeps.
    """

    room: str
    since: Position | None = None
    tail: bool = False


class RoomLeave(Params, frozen=True):
    room: str


class RoomResult(Result, frozen=True):
    """`position` and `recovered` are those of `RoomState`; joining where one is already tells
    the position and replays nothing.

    `users` are those who are there, in rooms that tell who comes and goes, while they are few.
    """

    room: str
    online: int
    position: Position | None = None
    recovered: bool = False
    users: tuple[str, ...] = ()


class RoomPublish(Params, frozen=True):
    """Say something in a room one is in, if its members may.

    The sender gets it too, like everybody. The same `client_id` (1 to 64 characters) again is
    answered with the first result and said to nobody. When the room is too busy, messages of low
    `priority` are refused first, then normal ones.
    """

    room: str
    body: str
    client_id: str
    priority: Priority = Priority.NORMAL


class RoomPublishResult(Result, frozen=True):
    """`push_id` is the one its delivery has. `repeated`: it was said before, not now."""

    push_id: str
    repeated: bool = False


class TagsSet(Params, frozen=True):
    """From now on only pushes with these tags, except those through a room; null: all."""

    tags: tuple[str, ...] | None


class CallStart(Params, frozen=True):
    """Ring the other person of a direct conversation.

    When that person is ringing this one at the same moment, both calls are one: the result is
    the call that was there first, already active.
    """

    conversation_id: str
    media: Media


class CallResult(Result, frozen=True):
    call: CallView


class CallRinging(Params, frozen=True):
    """A device of the callee shows the call."""

    call_id: str


class CallAccept(Params, frozen=True):
    call_id: str


class CallReject(Params, frozen=True):
    call_id: str


class CallHangUp(Params, frozen=True):
    """Ends the call: before the answer the caller cancels, afterwards either side hangs up."""

    call_id: str


class CallSignal(Params, frozen=True):
    """Passed on as it is to the other side's talking device.

    `kind` is offer, answer, candidate or state; `payload` is JSON text of at most 64 kB.
    """

    call_id: str
    kind: str
    payload: str


class CallIce(Params, frozen=True):
    pass


class CallIceResult(Result, frozen=True):
    """`expires_at` is Unix milliseconds; ask again before."""

    ice_servers: tuple[IceServer, ...]
    expires_at: int


class MailAck(Params, frozen=True):
    """This device has everything up to number `upto` (`delivery.mail`). Never moves back.

    Only what was sent on this connection counts.
    """

    upto: int


@dataclass(frozen=True, slots=True)
class Method:
    params: type[Params]
    result: type[Result]


METHODS: dict[str, Method] = {
    "hello": Method(Hello, HelloResult),
    "token.renew": Method(TokenRenew, TokenResult),
    "heartbeat": Method(Heartbeat, HeartbeatResult),
    "me.get": Method(MeGet, UserResult),
    "me.update": Method(MeUpdate, UserResult),
    "users.find": Method(UsersFind, UsersResult),
    "users.get": Method(UsersGet, UsersResult),
    "session.end": Method(SessionEnd, Empty),
    "conversation.create": Method(ConversationCreate, ConversationResult),
    "conversation.get": Method(ConversationGet, ConversationResult),
    "conversation.list": Method(ConversationList, ConversationListResult),
    "conversation.members": Method(ConversationMembers, MembersResult),
    "message.send": Method(MessageSend, MessageSendResult),
    "events.list": Method(EventsList, EventsResult),
    "read.set": Method(ReadSet, ReadResult),
    "room.join": Method(RoomJoin, RoomResult),
    "room.leave": Method(RoomLeave, RoomResult),
    "room.publish": Method(RoomPublish, RoomPublishResult),
    "tags.set": Method(TagsSet, Empty),
    "call.start": Method(CallStart, CallResult),
    "call.ringing": Method(CallRinging, CallResult),
    "call.accept": Method(CallAccept, CallResult),
    "call.reject": Method(CallReject, CallResult),
    "call.hang_up": Method(CallHangUp, CallResult),
    "call.signal": Method(CallSignal, Empty),
    "call.ice": Method(CallIce, CallIceResult),
    "mail.ack": Method(MailAck, Empty),
}
