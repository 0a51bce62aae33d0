"""Messages that are sent at a time: each person's own."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Cursor, Limit, Position
from parlor.model.errors import (
    BadText,
    EmptyText,
    LimitReached,
    NotFound,
    NotMember,
    TextTooLong,
    TooLate,
)
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Said, Scheduled
from parlor.wire.native.methods.schedule import (
    ScheduleCancelResult,
    ScheduleListResult,
    ScheduleResult,
)


class NewScheduled(msgspec.Struct, frozen=True):
    """A message, and when to send it: `at_ms` is Unix time in milliseconds.

    `client_id` is the one the message will have.
    """

    conversation_id: str
    client_id: str
    at_ms: Position
    text: str
    reply_to: Position = 0
    mentions: tuple[str, ...] = ()
    mentions_all: bool = False
    silent: bool = False
    expires_in_s: Position = 0


class CancelScheduled(msgspec.Struct, frozen=True):
    client_id: str


_TALK, _ANN = ConversationId("8112233445566778"), UserId("6755399441055744")
_WAITING = Scheduled(_ANN, _TALK, "b1946ac9", 1_790_000_000_000, Said("Happy new year"))


@post(
    "/scheduled",
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, LimitReached, TextTooLong, EmptyText, BadText),
        also={200: "The same `client_id` again: what was scheduled the first time."},
        asks=NewScheduled(_TALK, "b1946ac9", 1_790_000_000_000, "Happy new year"),
        gives=ScheduleResult(_WAITING, True),
    ),
)
async def put(request: ApiRequest, data: JSONBody[NewScheduled]) -> Response[ScheduleResult]:
    """Send a message at a time. A time in the past is as soon as possible."""
    scheduled, created = await request.services.schedules.put(
        request.user.user,
        ConversationId(data.conversation_id),
        data.client_id,
        data.at_ms,
        Said(
            data.text,
            data.reply_to,
            tuple(map(UserId, data.mentions)),
            data.mentions_all,
            data.silent,
            data.expires_in_s,
        ),
    )
    return Response(ScheduleResult(scheduled, created), status_code=201 if created else 200)


@get("/scheduled", guards=[signed_in], opt=described(gives=ScheduleListResult((_WAITING,))))
async def page(request: ApiRequest, cursor: Cursor = "", limit: Limit = 50) -> ScheduleListResult:
    """What one has waiting, the soonest first. One that was refused waits to be cancelled."""
    listed, following = await request.services.schedules.page(request.user.user, cursor, limit)
    return ScheduleListResult(tuple(listed), following)


@post(
    "/scheduled/cancel",
    status_code=200,
    guards=[signed_in],
    opt=described(TooLate, asks=CancelScheduled("b1946ac9"), gives=ScheduleCancelResult(True)),
)
async def cancel(request: ApiRequest, data: JSONBody[CancelScheduled]) -> ScheduleCancelResult:
    """Do not send it. False when it is not there any more, `too_late` while it is being sent."""
    return ScheduleCancelResult(
        await request.services.schedules.cancel(request.user.user, data.client_id)
    )


HANDLERS = (put, page, cancel)
