"""Pushing from a program, one at a time or in batches.

`fast_push` answers both routes before Litestar sees them, with the functions of this module.
Litestar's handlers describe them, and serve an address that is spelled another way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody

from parlor.api.described import described
from parlor.api.errors import Refusal, error_reply
from parlor.api.identity import KeyWith
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import MAX_NUMBER
from parlor.api.services import Pushes, Services
from parlor.model.account import KeyGrant, Scope
from parlor.model.errors import BadRequest, LogFull, ParlorError, RoomTooBusy
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.push import MAX_TAG_CHARS, Delivery
from parlor.push.pushes import Pushed, Wish


class PushTo(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly one of the five. A connection that is in several of `rooms` gets it once for each."""

    devices: tuple[str, ...] | None = None
    users: tuple[str, ...] | None = None
    room: str | None = None
    rooms: tuple[str, ...] | None = None
    all: bool = False


class NewPush(msgspec.Struct, frozen=True, omit_defaults=True):
    """`body` is handed on as it is.

    `kind`: a slow reader may miss a `lossy` push; it is closed and comes back for a `must_arrive`
    one. `id` is the program's own name for this push: the same again is sent to nobody, and gets
    the first answer. `rate` paces a push to all or into rooms, in deliveries a second (in each
    room); 0 is as fast as it goes. `durable`: answered once it is stored, delivered from there at
    least once whatever happens to the server, and its `id` is remembered over restarts.
    Connections that asked for certain tags get pushes with another `tag` only through a room.
    """

    to: PushTo
    body: str
    kind: Delivery = Delivery.LOSSY
    id: str = ""
    rate: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] = 0
    tag: Annotated[str, msgspec.Meta(max_length=MAX_TAG_CHARS)] = ""
    durable: bool = False


class PushReply(msgspec.Struct, frozen=True):
    """`to` is how many connections were online for it, null where that is not known."""

    push_id: str
    to: int | None


class NewBatch(msgspec.Struct, frozen=True):
    """Pushes are handed on in this order; one that is refused does not hold up the next."""

    pushes: tuple[NewPush, ...]


class BatchResult(msgspec.Struct, frozen=True):
    """As for a single push: `push_id` and `to`, or `error`."""

    push_id: str | msgspec.UnsetType = msgspec.UNSET
    to: int | msgspec.UnsetType | None = msgspec.UNSET
    error: Refusal | msgspec.UnsetType = msgspec.UNSET


class BatchReply(msgspec.Struct, frozen=True):
    """One result for each push, in their order."""

    results: tuple[BatchResult, ...]


async def accept(services: Services, grant: KeyGrant, push: NewPush) -> PushReply:
    """Hand one push on. Raises OverQuota, Overloaded, and what `push.pushes` raises."""
    services.keys.spend(grant, 1)
    await services.backlog.wait_for_place()
    pushed = await _hand(services.pushes, push, _wish(push, grant))
    return PushReply(pushed.push_id, pushed.to)


async def accept_batch(
    services: Services, grant: KeyGrant, pushes: Sequence[NewPush | ParlorError], limit: int
) -> BatchReply:
    """Hand many on, each with its own answer; an item that could not be read is its error.

    Raises BadRequest for none or more than `limit`, OverQuota; then nothing was handed on.
    """
    if not 1 <= len(pushes) <= limit:
        raise BadRequest(f"A batch has 1 to {limit} pushes.")
    services.keys.spend(grant, len(pushes))
    answers = (_answer(services, grant, push) for push in pushes)
    if any(_may_wait(push) for push in pushes):
        # Begun in their order, so that those that wait for a disk share one commit.
        return BatchReply(tuple(await asyncio.gather(*answers)))
    return BatchReply(tuple([await answer for answer in answers]))


async def _answer(services: Services, grant: KeyGrant, push: NewPush | ParlorError) -> BatchResult:
    try:
        if isinstance(push, ParlorError):
            raise push
        await services.backlog.wait_for_place()
        pushed = await _hand(services.pushes, push, _wish(push, grant))
    except ParlorError as refused:
        return BatchResult(error=error_reply(refused).error)
    return BatchResult(pushed.push_id, pushed.to)


def _may_wait(push: NewPush | ParlorError) -> bool:
    """Whether it is to be kept for those who are away: a task of its own is worth its 5 µs."""
    if isinstance(push, ParlorError):
        return False
    to_people = push.to.users is not None or push.to.devices is not None
    return push.durable or (push.kind is Delivery.MUST_ARRIVE and to_people)


def _wish(push: NewPush, grant: KeyGrant) -> Wish:
    return Wish(push.tag, push.kind, push.id, grant.name, push.durable)


async def _hand(pushes: Pushes, push: NewPush, wish: Wish) -> Pushed:
    try:
        body = push.body.encode()
    except UnicodeEncodeError as broken:
        raise BadRequest("body: not valid Unicode.") from broken
    match push.to:
        case PushTo(devices=None, users=None, room=str(room), rooms=None, all=False):
            return await pushes.to_room(RoomId(room), body, wish, rate=push.rate)
        case PushTo(devices=None, users=tuple(users), room=None, rooms=None, all=False):
            return await pushes.to_users(tuple(map(UserId, users)), body, wish)
        case PushTo(devices=tuple(devices), users=None, room=None, rooms=None, all=False):
            return await pushes.to_devices(tuple(map(DeviceId, devices)), body, wish)
        case PushTo(devices=None, users=None, room=None, rooms=tuple(rooms), all=False):
            return await pushes.to_rooms(tuple(map(RoomId, rooms)), body, wish, rate=push.rate)
        case PushTo(devices=None, users=None, room=None, rooms=None, all=True):
            return await pushes.to_all(body, wish, rate=push.rate)
    raise BadRequest("to: give exactly one of devices, users, room, rooms, all.")


_GOAL = NewPush(PushTo(room="news"), "Goal! 1:0", Delivery.LOSSY)
_TAKEN = PushReply("5f0cb1946ac98d01e7aa2f3c", 5_000)


@post(
    "/push",
    status_code=202,
    guards=[KeyWith(Scope.PUSH)],
    opt=described(RoomTooBusy, LogFull, asks=_GOAL, gives=_TAKEN),
)
async def push(request: ApiRequest, data: JSONBody[NewPush]) -> PushReply:
    """Hand a body to devices, users, rooms or everybody."""
    return await accept(request.services, request.auth, data)


@post(
    "/push/batch",
    status_code=202,
    guards=[KeyWith(Scope.PUSH)],
    opt=described(
        asks=NewBatch((_GOAL, NewPush(PushTo(users=("101",)), "Your parcel", id="parcel-17"))),
        gives=BatchReply(
            (
                BatchResult(_TAKEN.push_id, _TAKEN.to),
                BatchResult(error=error_reply(RoomTooBusy(retry_after_s=0.2)).error),
            )
        ),
    ),
)
async def push_batch(request: ApiRequest, data: JSONBody[NewBatch]) -> BatchReply:
    """Hand many bodies on, each to its own audience and with its own answer."""
    limit = request.settings.max_batch_pushes
    return await accept_batch(request.services, request.auth, data.pushes, limit)


HANDLERS = (push, push_batch)
