"""Who is online, as counts of connections over the whole cluster."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import unquote

import msgspec
from litestar import get
from litestar.params import FromPath

from parlor.api.described import described
from parlor.api.identity import KeyWith, UserOrKeyWith
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Limit, Prefix, RoomType
from parlor.model.account import Identity, Scope
from parlor.model.errors import Forbidden, NotFound
from parlor.model.ids import DeviceId, RoomId, UserId

_MAX_ROOMS = 1_000
_ROOM = re.compile(rb"/rooms/(.+)/online/?\Z")


class RoomOnline(msgspec.Struct, frozen=True):
    room: str
    online: int


class TopReply(msgspec.Struct, frozen=True):
    """`connections` and `addresses` are of the whole cluster, whatever `prefix` says."""

    rooms: tuple[RoomOnline, ...]
    connections: int
    addresses: int


class UserOnline(msgspec.Struct, frozen=True):
    user: str
    online: int


class DeviceOnline(msgspec.Struct, frozen=True):
    device: str
    online: int


class Totals(msgspec.Struct, frozen=True):
    """`addresses` counts different network addresses, `users` different users; connections
    without a user (anonymous ones of the goim front door) are not among the users."""

    connections: int
    addresses: int
    users: int


@get(
    "/rooms/{rest:path}",
    guards=[UserOrKeyWith(Scope.PUSH)],
    sync_to_thread=False,
    opt=described(
        NotFound, Forbidden, path="/api/v1/rooms/{room}/online", gives=RoomOnline("news", 5_000)
    ),
)
def in_room(request: ApiRequest) -> RoomOnline:
    """How many connections listen to a room; 0 for one that nobody has joined.

    A user whose token opens only some rooms is told of those alone. A room's name may have
    slashes (`live://1000`), encoded as %2F or not.
    """
    raw = cast("bytes | None", request.scope.get("raw_path")) or request.scope["path"].encode()
    found = _ROOM.search(raw)
    if found is None:
        raise NotFound
    room = RoomId(unquote(found[1].decode("latin-1"), errors="replace"))
    # A program has none; its key is for every room.
    asking = cast("Identity | None", request.scope.get("user"))
    if asking is not None and asking.grants is not None and not asking.grants.may_join(room):
        raise Forbidden("The token does not open this room.")
    return RoomOnline(room, request.services.presence.in_room(room))


@get(
    "/online/top",
    guards=[KeyWith(Scope.PUSH)],
    sync_to_thread=False,
    opt=described(gives=TopReply((RoomOnline("news", 5_000),), 5_200, 4_100)),
)
def top(
    request: ApiRequest, limit: Limit = 20, prefix: Prefix = "", type: RoomType = ""
) -> TopReply:
    """The fullest rooms, and how many are connected at all.

    With `type` only rooms named `type://…`: exactly that type, not one that begins like it.
    """
    presence = request.services.presence
    begins = f"{type}://{prefix}" if type else prefix
    rooms = presence.top_rooms(begins, min(limit, _MAX_ROOMS))
    connections, addresses = presence.totals()
    return TopReply(tuple(RoomOnline(*room) for room in rooms), connections, addresses)


@get(
    "/online/total",
    guards=[KeyWith(Scope.PUSH)],
    sync_to_thread=False,
    opt=described(gives=Totals(5_200, 4_100, 3_900)),
)
def total(request: ApiRequest) -> Totals:
    """How many are connected, from how many addresses, and how many people that is."""
    presence = request.services.presence
    return Totals(*presence.totals(), presence.users_online())


@get(
    "/online/users/{user_id:str}",
    guards=[KeyWith(Scope.PUSH)],
    sync_to_thread=False,
    opt=described(gives=UserOnline("6755399441055744", 2)),
)
def of_user(request: ApiRequest, user_id: FromPath[str]) -> UserOnline:
    """How many connections a user has; 0 for one who is offline or does not exist."""
    return UserOnline(user_id, request.services.presence.online(UserId(user_id)))


@get(
    "/online/devices/{device_id:str}",
    guards=[KeyWith(Scope.PUSH)],
    sync_to_thread=False,
    opt=described(gives=DeviceOnline("phone", 1)),
)
def of_device(request: ApiRequest, device_id: FromPath[str]) -> DeviceOnline:
    """How many connections a device has."""
    return DeviceOnline(device_id, request.services.presence.device_online(DeviceId(device_id)))


HANDLERS = (in_room, top, total, of_user, of_device)
