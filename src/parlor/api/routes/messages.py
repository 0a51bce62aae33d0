"""Saying something in a conversation, and reading its log."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import After, Before, Limit, Position
from parlor.model.errors import BadText, EmptyText, NotFound, NotMember, TextTooLong
from parlor.model.event import Event, EventKind
from parlor.model.ids import ConversationId, EventId, UserId
from parlor.wire.native.methods import EventsResult


class NewMessage(msgspec.Struct, frozen=True):
    """`client_id` is the sender's own name for it: sending it again is safe.

    `reply_to` is the seq of an earlier message, 0 for none. `mentions_all` needs the permission.
    `silent`: nobody is notified. After `expires_in_s` (0: never) what it says is gone. `file` is
    the id of one that the sender has uploaded; then `text` may be empty.
    """

    client_id: str
    text: str
    reply_to: Position = 0
    mentions: tuple[str, ...] = ()
    mentions_all: bool = False
    silent: bool = False
    expires_in_s: Position = 0
    file: str = ""


class EventReply(msgspec.Struct, frozen=True):
    event: Event


EXAMPLE = Event(
    conversation_id=ConversationId("8112233445566778"),
    seq=7,
    id=EventId("8112233445566778-7"),
    kind=EventKind.MESSAGE,
    sender=UserId("6755399441055744"),
    sent_at=1_790_000_000_000,
    client_id="b1946ac9",
    text="Hello 你好",
)


@post(
    "/conversations/{conversation_id:str}/messages",
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, TextTooLong, EmptyText, BadText),
        also={200: "The same `client_id` again: the event of the first time."},
        asks=NewMessage("b1946ac9", "Hello 你好"),
        gives=EventReply(EXAMPLE),
    ),
)
async def send(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[NewMessage]
) -> Response[EventReply]:
    """Send a message. The answer comes after it is stored for good."""
    event, created = await request.services.send.text(
        request.user.user,
        ConversationId(conversation_id),
        data.client_id,
        data.text,
        reply_to=data.reply_to,
        mentions=tuple(map(UserId, data.mentions)),
        mentions_all=data.mentions_all,
        silent=data.silent,
        expires_in_s=data.expires_in_s,
        file=data.file,
    )
    return Response(EventReply(event), status_code=201 if created else 200)


@get(
    "/conversations/{conversation_id:str}/events",
    guards=[signed_in],
    opt=described(NotFound, NotMember, gives=EventsResult((EXAMPLE,), 7, False)),
)
async def events(
    request: ApiRequest,
    conversation_id: FromPath[str],
    after: After = None,
    before: Before = None,
    limit: Limit = 50,
) -> EventsResult:
    """A stretch of the log in ascending seq; the newest when neither bound is given."""
    user, conversation = request.user.user, ConversationId(conversation_id)
    listed, last_seq, more = await request.services.sync.events(
        user, conversation, after, before, limit
    )
    states = await request.services.states.of(user, conversation, listed)
    return EventsResult(tuple(listed), last_seq, more, tuple(states))


HANDLERS = (send, events)
