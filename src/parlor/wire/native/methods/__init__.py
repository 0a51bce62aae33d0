"""Every request of the native protocol: its parameters, its result, its name in `METHODS`.

One module per topic, each with its own part of the table. What is imported by name here is what
nearly everybody needs; the rest is imported from its topic.
"""

from __future__ import annotations

from parlor.wire.native.methods import (
    acts,
    calls,
    contacts,
    conversations,
    groups,
    mail,
    messages,
    own,
    people,
    presence,
    profiles,
    rooms,
    schedule,
    session,
)
from parlor.wire.native.methods.calls import (
    CallAccept,
    CallHangUp,
    CallIce,
    CallIceResult,
    CallReject,
    CallResult,
    CallRinging,
    CallSignal,
    CallStart,
)
from parlor.wire.native.methods.conversations import (
    ConversationCreate,
    ConversationGet,
    ConversationList,
    ConversationListResult,
    ConversationMembers,
    ConversationResult,
    MembersResult,
    ReadResult,
    ReadSet,
)
from parlor.wire.native.methods.mail import MailAck
from parlor.wire.native.methods.messages import (
    EventsList,
    EventsResult,
    MessageSend,
    MessageSendResult,
)
from parlor.wire.native.methods.people import (
    MeGet,
    MeUpdate,
    UserResult,
    UsersFind,
    UsersGet,
    UsersResult,
)
from parlor.wire.native.methods.rooms import (
    RoomJoin,
    RoomLeave,
    RoomPublish,
    RoomPublishResult,
    RoomResult,
    TagsSet,
)
from parlor.wire.native.methods.session import (
    BackOff,
    Heartbeat,
    HeartbeatResult,
    Hello,
    HelloResult,
    Limits,
    RoomState,
    SessionEnd,
    TokenRenew,
    TokenResult,
)
from parlor.wire.native.methods.shape import Empty, Method, Params, Result

METHODS: dict[str, Method] = {
    **session.METHODS,
    **people.METHODS,
    **profiles.METHODS,
    **contacts.METHODS,
    **presence.METHODS,
    **conversations.METHODS,
    **groups.METHODS,
    **messages.METHODS,
    **acts.METHODS,
    **schedule.METHODS,
    **own.METHODS,
    **rooms.METHODS,
    **calls.METHODS,
    **mail.METHODS,
}

__all__ = [
    "METHODS",
    "BackOff",
    "CallAccept",
    "CallHangUp",
    "CallIce",
    "CallIceResult",
    "CallReject",
    "CallResult",
    "CallRinging",
    "CallSignal",
    "CallStart",
    "ConversationCreate",
    "ConversationGet",
    "ConversationList",
    "ConversationListResult",
    "ConversationMembers",
    "ConversationResult",
    "Empty",
    "EventsList",
    "EventsResult",
    "Heartbeat",
    "HeartbeatResult",
    "Hello",
    "HelloResult",
    "Limits",
    "MailAck",
    "MeGet",
    "MeUpdate",
    "MembersResult",
    "MessageSend",
    "MessageSendResult",
    "Method",
    "Params",
    "ReadResult",
    "ReadSet",
    "Result",
    "RoomJoin",
    "RoomLeave",
    "RoomPublish",
    "RoomPublishResult",
    "RoomResult",
    "RoomState",
    "SessionEnd",
    "TagsSet",
    "TokenRenew",
    "TokenResult",
    "UserResult",
    "UsersFind",
    "UsersGet",
    "UsersResult",
]
