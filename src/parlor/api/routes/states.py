"""Reading what has become of messages: pins, earlier versions, who has reacted."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import MAX_NUMBER, Before, Limit
from parlor.model.errors import BadEmoji, MessageGone, NotFound, NotMember
from parlor.model.event import Event, EventKind
from parlor.model.ids import ConversationId, EventId, UserId
from parlor.model.message_state import MessageState, Reaction
from parlor.model.message_views import Reactor, Version
from parlor.wire.native.methods.acts import HistoryResult, PinsResult, ReactionsResult

Emoji = Annotated[str, QueryParameter(max_length=64, description="Only these; empty: all.")]
Following = Annotated[
    int, QueryParameter(ge=0, le=MAX_NUMBER, description="`next` of the page before; 0 at first.")
]

_TALK, _BOB, _AT_MS = (
    ConversationId("8112233445566778"),
    UserId("5000111222333444"),
    1_790_000_000_000,
)
_MESSAGE = Event(
    conversation_id=_TALK,
    seq=7,
    id=EventId(f"{_TALK}-7"),
    kind=EventKind.MESSAGE,
    sender=_BOB,
    sent_at=_AT_MS,
    client_id="b1946ac9",
    text="Hello 你好",
)
_STATE = MessageState(7, 9, pinned=True, reactions=(Reaction("👍", 1, (_BOB,)),))


@get(
    "/conversations/{conversation_id:str}/pins",
    guards=[signed_in],
    opt=described(NotFound, NotMember, gives=PinsResult((_MESSAGE,), (_STATE,))),
)
async def pins(
    request: ApiRequest, conversation_id: FromPath[str], before: Before = None, limit: Limit = 50
) -> PinsResult:
    """The pinned messages, the latest pin first; `before` is `next` of the page before."""
    shown, following = await request.services.states.pins(
        request.user.user, ConversationId(conversation_id), before, limit
    )
    return PinsResult(
        tuple(message.event for message in shown),
        tuple(message.state for message in shown if message.state is not None),
        following,
    )


@get(
    "/conversations/{conversation_id:str}/events/{seq:int}/history",
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, MessageGone),
        gives=HistoryResult((Version(7, _AT_MS, "Helo"), Version(8, _AT_MS, "Hello 你好"))),
    ),
)
async def history(
    request: ApiRequest, conversation_id: FromPath[str], seq: FromPath[int]
) -> HistoryResult:
    """Everything that a message has said, the oldest first."""
    versions = await request.services.states.history(
        request.user.user, ConversationId(conversation_id), seq
    )
    return HistoryResult(tuple(versions))


@get(
    "/conversations/{conversation_id:str}/events/{seq:int}/reactions",
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, MessageGone, BadEmoji),
        gives=ReactionsResult((Reactor(_BOB, "👍", 8),)),
    ),
)
async def reactions(
    request: ApiRequest,
    conversation_id: FromPath[str],
    seq: FromPath[int],
    emoji: Emoji = "",
    after: Following = 0,
    limit: Limit = 50,
) -> ReactionsResult:
    """Who has reacted, in the order they did."""
    found, following = await request.services.states.reactions(
        request.user.user, ConversationId(conversation_id), seq, emoji, after, limit
    )
    return ReactionsResult(tuple(found), following)


HANDLERS = (pins, history, reactions)
