"""Pushing from a program."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody

from parlor.api.described import described
from parlor.api.identity import KeyWith
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import MAX_NUMBER
from parlor.api.services import Pushes
from parlor.model.account import Scope
from parlor.model.errors import BadRequest, LogFull, RoomTooBusy
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


@post(
    "/push",
    status_code=202,
    guards=[KeyWith(Scope.PUSH)],
    opt=described(
        RoomTooBusy,
        LogFull,
        asks=NewPush(PushTo(room="news"), "Goal! 1:0", Delivery.LOSSY),
        gives=PushReply("5f0cb1946ac98d01e7aa2f3c", 5_000),
    ),
)
async def push(request: ApiRequest, data: JSONBody[NewPush]) -> PushReply:
    """Hand a body to devices, users, rooms or everybody."""
    wish = Wish(data.tag, data.kind, data.id, request.auth.name, data.durable)
    pushed = await _hand(request.services.pushes, data, wish)
    return PushReply(pushed.push_id, pushed.to)


async def _hand(pushes: Pushes, data: NewPush, wish: Wish) -> Pushed:
    body = data.body.encode()
    match data.to:
        case PushTo(devices=tuple(devices), users=None, room=None, rooms=None, all=False):
            return await pushes.to_devices(tuple(map(DeviceId, devices)), body, wish)
        case PushTo(devices=None, users=tuple(users), room=None, rooms=None, all=False):
            return await pushes.to_users(tuple(map(UserId, users)), body, wish)
        case PushTo(devices=None, users=None, room=str(room), rooms=None, all=False):
            return await pushes.to_room(RoomId(room), body, wish, rate=data.rate)
        case PushTo(devices=None, users=None, room=None, rooms=tuple(rooms), all=False):
            return await pushes.to_rooms(tuple(map(RoomId, rooms)), body, wish, rate=data.rate)
        case PushTo(devices=None, users=None, room=None, rooms=None, all=True):
            return await pushes.to_all(body, wish, rate=data.rate)
    raise BadRequest("to: give exactly one of devices, users, room, rooms, all.")


HANDLERS = (push,)
