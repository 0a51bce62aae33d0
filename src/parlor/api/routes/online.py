"""Who is online, as counts of connections over the whole cluster."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import unquote

import msgspec
from litestar import get

from parlor.api.described import described
from parlor.api.identity import KeyWith, UserOrKeyWith
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Limit, Prefix
from parlor.model.account import Scope
from parlor.model.errors import NotFound
from parlor.model.ids import RoomId

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


@get(
    "/rooms/{rest:path}",
    guards=[UserOrKeyWith(Scope.PUSH)],
    sync_to_thread=False,
    opt=described(NotFound, path="/api/v1/rooms/{room}/online", gives=RoomOnline("news", 5_000)),
)
def in_room(request: ApiRequest) -> RoomOnline:
    """How many connections listen to a room; 0 for one that nobody has joined.

    A room's name may have slashes (`live://1000`), encoded as %2F or not.
    """
    raw = cast("bytes | None", request.scope.get("raw_path")) or request.scope["path"].encode()
    found = _ROOM.search(raw)
    if found is None:
        raise NotFound
    room = unquote(found[1].decode("latin-1"), errors="replace")
    return RoomOnline(room, request.services.presence.in_room(RoomId(room)))


@get(
    "/online/top",
    guards=[KeyWith(Scope.PUSH)],
    sync_to_thread=False,
    opt=described(gives=TopReply((RoomOnline("news", 5_000),), 5_200, 4_100)),
)
def top(request: ApiRequest, limit: Limit = 20, prefix: Prefix = "") -> TopReply:
    """The fullest rooms, and how many are connected at all."""
    presence = request.services.presence
    rooms = presence.top_rooms(prefix, min(limit, _MAX_ROOMS))
    connections, addresses = presence.totals()
    return TopReply(tuple(RoomOnline(*room) for room in rooms), connections, addresses)


HANDLERS = (in_room, top)
