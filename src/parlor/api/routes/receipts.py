"""Acknowledging messages, and who has got and read what."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Cursor, Limit, Position
from parlor.model.account import User
from parlor.model.errors import Forbidden, NoReceipts, NotFound, NotMember, Overloaded
from parlor.model.ids import ConversationId, UserId
from parlor.model.receipt import Receipt
from parlor.wire.native.methods.receipts import (
    DeliveredResult,
    MessageReadersResult,
    ReceiptListResult,
    readers_result,
)


class DeliveredUpTo(msgspec.Struct, frozen=True):
    """By conversation: the device that asks has every event up to this seq."""

    positions: dict[str, Position]


_ANN, _BOB = UserId("6755399441055744"), UserId("5000111222333444")
_TALK = ConversationId("8112233445566778")


@post(
    "/delivered",
    status_code=200,
    guards=[signed_in],
    opt=described(Overloaded, asks=DeliveredUpTo({_TALK: 7}), gives=DeliveredResult()),
)
async def delivered(request: ApiRequest, data: JSONBody[DeliveredUpTo]) -> DeliveredResult:
    """Acknowledge messages, for many conversations at once. Positions never move back; those of
    conversations that one is not in are ignored."""
    me = request.user
    return DeliveredResult(request.services.delivered.note(me.user, me.device, data.positions))


@get(
    "/conversations/{conversation_id:str}/receipts",
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, Forbidden, NoReceipts),
        gives=ReceiptListResult((Receipt(_TALK, _BOB, 7, 5),)),
    ),
)
async def receipts(request: ApiRequest, conversation_id: FromPath[str]) -> ReceiptListResult:
    """How far each member has got and read, in direct conversations and small groups."""
    listed = await request.services.receipts.list(
        request.user.user, ConversationId(conversation_id)
    )
    return ReceiptListResult(tuple(listed))


@get(
    "/conversations/{conversation_id:str}/events/{seq:int}/readers",
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, Forbidden, NoReceipts),
        gives=MessageReadersResult((_ANN,), (), 1, 0, (User(_ANN, "ann", "Ann Lee"),)),
    ),
)
async def readers(
    request: ApiRequest,
    conversation_id: FromPath[str],
    seq: FromPath[int],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> MessageReadersResult:
    """Who has read a message, of those who were there when it was sent."""
    services = request.services
    found, following = await services.receipts.readers(
        request.user.user, ConversationId(conversation_id), seq, cursor, limit
    )
    users = await services.people.users([user for user, _ in found.page])
    return readers_result(
        found.page,
        users,
        following,
        read_count=found.read_count,
        others_count=found.others_count,
    )


HANDLERS = (delivered, receipts, readers)
