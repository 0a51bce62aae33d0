"""Doing something with messages that are there: edit, recall, react, pin, forward."""

from __future__ import annotations

import msgspec
from litestar import Response, post
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Position
from parlor.model.errors import (
    BadEmoji,
    BadText,
    EmptyText,
    Forbidden,
    GroupDissolved,
    LimitReached,
    MessageGone,
    NotFound,
    NotMember,
    NotWanted,
    TextTooLong,
    TooLate,
)
from parlor.model.event import Event, EventKind, Forwarded
from parlor.model.ids import ConversationId, EventId, UserId
from parlor.model.message_views import ForwardedTo
from parlor.wire.native.methods.acts import ActResult, ForwardResult


class EditMessage(msgspec.Struct, frozen=True):
    client_id: str
    text: str
    mentions: tuple[str, ...] = ()


class RecallMessage(msgspec.Struct, frozen=True):
    client_id: str


class ReactToMessage(msgspec.Struct, frozen=True):
    """`off`: take it back."""

    client_id: str
    emoji: str
    off: bool = False


class PinMessage(msgspec.Struct, frozen=True):
    """`off`: unpin it."""

    client_id: str
    off: bool = False


class ForwardMessages(msgspec.Struct, frozen=True):
    """The events `seqs` go to the conversations `to`: one by one, or `merged` with `text`."""

    client_id: str
    seqs: tuple[Position, ...]
    to: tuple[str, ...]
    merged: bool = False
    text: str = ""


_TALK, _ANN, _BOB = (
    ConversationId("8112233445566778"),
    UserId("6755399441055744"),
    UserId("5000111222333444"),
)
_AT_MS = 1_790_000_000_000


def _event(seq: int, kind: EventKind, **fields: object) -> Event:
    known = {"conversation_id": _TALK, "seq": seq, "id": EventId(f"{_TALK}-{seq}")}
    rest = {"kind": kind, "sender": _ANN, "sent_at": _AT_MS, "client_id": "b1946ac9"}
    return msgspec.convert(known | rest | fields, Event)


_REFUSALS = (NotFound, NotMember, Forbidden, NotWanted, GroupDissolved, MessageGone)
_AGAIN = {200: "It was that way already, or the same `client_id` again."}


def _answer(event: Event | None, created: bool) -> Response[ActResult]:
    return Response(ActResult(event, created), status_code=201 if created else 200)


@post(
    "/conversations/{conversation_id:str}/events/{seq:int}/edit",
    guards=[signed_in],
    opt=described(
        *_REFUSALS,
        *(TooLate, LimitReached, TextTooLong, EmptyText, BadText),
        also=_AGAIN,
        asks=EditMessage("b1946ac9", "Hello again"),
        gives=ActResult(_event(8, EventKind.EDIT, target=7, text="Hello again"), True),
    ),
)
async def edit(
    request: ApiRequest,
    conversation_id: FromPath[str],
    seq: FromPath[int],
    data: JSONBody[EditMessage],
) -> Response[ActResult]:
    """One's own message says something else from now on; its history keeps what it said."""
    event, created = await request.services.acts.edit(
        request.user.user,
        ConversationId(conversation_id),
        seq,
        data.client_id,
        data.text,
        mentions=tuple(map(UserId, data.mentions)),
    )
    return _answer(event, created)


@post(
    "/conversations/{conversation_id:str}/events/{seq:int}/recall",
    guards=[signed_in],
    opt=described(
        *_REFUSALS,
        TooLate,
        also=_AGAIN,
        asks=RecallMessage("b1946ac9"),
        gives=ActResult(_event(8, EventKind.RECALL, target=7), True),
    ),
)
async def recall(
    request: ApiRequest,
    conversation_id: FromPath[str],
    seq: FromPath[int],
    data: JSONBody[RecallMessage],
) -> Response[ActResult]:
    """Take a message back for everybody: one's own for a while, as an administrator any."""
    event, created = await request.services.acts.recall(
        request.user.user, ConversationId(conversation_id), seq, data.client_id
    )
    return _answer(event, created)


@post(
    "/conversations/{conversation_id:str}/events/{seq:int}/react",
    guards=[signed_in],
    opt=described(
        *_REFUSALS,
        *(LimitReached, BadEmoji),
        also=_AGAIN,
        asks=ReactToMessage("b1946ac9", "👍"),
        gives=ActResult(_event(8, EventKind.REACTION, target=7, emoji="👍"), True),
    ),
)
async def react(
    request: ApiRequest,
    conversation_id: FromPath[str],
    seq: FromPath[int],
    data: JSONBody[ReactToMessage],
) -> Response[ActResult]:
    """Give a message one emoji, or take it back."""
    event, created = await request.services.acts.react(
        request.user.user,
        ConversationId(conversation_id),
        seq,
        data.client_id,
        data.emoji,
        off=data.off,
    )
    return _answer(event, created)


@post(
    "/conversations/{conversation_id:str}/events/{seq:int}/pin",
    guards=[signed_in],
    opt=described(
        *_REFUSALS,
        LimitReached,
        also=_AGAIN,
        asks=PinMessage("b1946ac9"),
        gives=ActResult(_event(8, EventKind.PIN, target=7), True),
    ),
)
async def pin(
    request: ApiRequest,
    conversation_id: FromPath[str],
    seq: FromPath[int],
    data: JSONBody[PinMessage],
) -> Response[ActResult]:
    """Put a message where everybody finds it, or no longer."""
    event, created = await request.services.acts.pin(
        request.user.user, ConversationId(conversation_id), seq, data.client_id, off=data.off
    )
    return _answer(event, created)


@post(
    "/conversations/{conversation_id:str}/forward",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, Forbidden, MessageGone, LimitReached, TextTooLong, BadText),
        asks=ForwardMessages("b1946ac9", (7,), (_TALK,)),
        gives=ForwardResult(
            (
                ForwardedTo(
                    _TALK,
                    (_event(9, EventKind.MESSAGE, text="Hi", forwarded=Forwarded(_BOB, _AT_MS)),),
                ),
            )
        ),
    ),
)
async def forward(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[ForwardMessages]
) -> ForwardResult:
    """Say messages of this conversation again in others. Each of those answers for itself."""
    forwarded = await request.services.forwarding.forward(
        request.user.user,
        ConversationId(conversation_id),
        data.seqs,
        tuple(map(ConversationId, data.to)),
        data.client_id,
        merged=data.merged,
        text=data.text,
    )
    return ForwardResult(tuple(forwarded))


HANDLERS = (edit, recall, react, pin, forward)
