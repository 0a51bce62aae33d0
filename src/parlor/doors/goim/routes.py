"""The nine routes of goim's HTTP API: a query and a body in, the `data` of the answer out.

What they mean, without HTTP: `http` reads requests, checks keys and writes envelopes. The rules
are goim §2.8; two differ on purpose. `online/top` lists the rooms of exactly the type asked for
(goim compares prefixes, so `live` brought `live2` too), and a negative limit is refused (goim
crashes).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from parlor.doors.goim.nodes import Nodes
from parlor.doors.goim.parameters import BadParameter, Parameters
from parlor.doors.goim.tags import tag_of
from parlor.model.ids import ConnectionKey, PushId, RoomId, UserId, number_id
from parlor.model.push import (
    Audience,
    Delivery,
    Envelope,
    Push,
    ToAll,
    ToConnections,
    ToUsers,
)
from parlor.ports.entropy import Entropy
from parlor.ports.presence import Presence

Data = dict[str, object] | list[dict[str, object]] | None
Handler = Callable[[Parameters, bytes], Awaitable[Data]]


@dataclass(frozen=True, slots=True)
class Route:
    """`public` routes are for clients that look for a node; the others need a key in token
    mode. `failed_code` is goim's code when the push was not taken."""

    method: Literal["GET", "POST"]
    handle: Handler
    public: bool = False
    failed_code: int = -500


class Publisher(Protocol):
    """`push.route.Route` as this door sees it."""

    async def publish(self, envelope: Envelope) -> None: ...


class RoomPusher(Protocol):
    """Takes one message to a room, which may wait for others to join it."""

    async def push(self, room: RoomId, push: Push) -> None: ...


class Routes:
    """Handlers raise BadParameter for a query that does not fit, ParlorError for a push that
    was not taken. A push that returned is on its way; who is offline is left out silently."""

    def __init__(
        self,
        route: Publisher,
        rooms: RoomPusher,
        presence: Presence,
        nodes: Nodes,
        entropy: Entropy,
        delivery: Delivery,
    ) -> None:
        self._route = route
        self._rooms = rooms
        self._presence = presence
        self._nodes = nodes
        self._entropy = entropy
        self._delivery = delivery

    def table(self) -> dict[str, Route]:
        return {
            "/goim/push/keys": Route("POST", self.push_keys, failed_code=-400),
            "/goim/push/mids": Route("POST", self.push_mids),
            "/goim/push/room": Route("POST", self.push_room),
            "/goim/push/all": Route("POST", self.push_all),
            "/goim/online/top": Route("GET", self.online_top),
            "/goim/online/room": Route("GET", self.online_room),
            "/goim/online/total": Route("GET", self.online_total),
            "/goim/nodes/weighted": Route("GET", self.nodes_weighted, public=True),
            "/goim/nodes/instances": Route("GET", self.nodes_instances),
        }

    async def push_keys(self, query: Parameters, body: bytes) -> Data:
        op = query.int32("operation")
        keys = tuple(dict.fromkeys(ConnectionKey(key) for key in query.texts("keys") if key))
        if keys:
            await self._push(ToConnections(keys), op, body)
        return None

    async def push_mids(self, query: Parameters, body: bytes) -> Data:
        """mid 0 is nobody: anonymous connections have no user."""
        op = query.int32("operation")
        users = tuple(dict.fromkeys(UserId(str(mid)) for mid in query.int64s("mids") if mid))
        if users:
            await self._push(ToUsers(users), op, body)
        return None

    async def push_room(self, query: Parameters, body: bytes) -> Data:
        op = query.required_int32("operation")
        room = room_key(query.text("type"), query.text("room"))
        await self._rooms.push(room, self._made(op, body))
        return None

    async def push_all(self, query: Parameters, body: bytes) -> Data:
        """`speed` is deliveries a second over all connections, kept smoothly; 0 or less: none."""
        op = query.required_int32("operation")
        await self._push(ToAll(max(0, query.int32("speed"))), op, body)
        return None

    async def online_top(self, query: Parameters, _: bytes) -> Data:
        prefix = room_key(query.text("type"), "")
        limit = query.required_int32("limit")
        if limit < 0:
            raise BadParameter("limit is negative")
        return [
            {"room_id": room.removeprefix(prefix), "count": count}
            for room, count in self._presence.top_rooms(prefix, limit)
        ]

    async def online_room(self, query: Parameters, _: bytes) -> Data:
        kind = query.text("type")
        names = sorted(set(query.required_texts("rooms")))
        return {name: self._presence.in_room(room_key(kind, name)) for name in names}

    async def online_total(self, _: Parameters, __: bytes) -> Data:
        connections, addresses = self._presence.totals()
        return {"ip_count": addresses, "conn_count": connections}

    async def nodes_weighted(self, query: Parameters, _: bytes) -> Data:
        return self._nodes.weighted(query.optional_text("platform"))

    async def nodes_instances(self, _: Parameters, __: bytes) -> Data:
        connections, addresses = self._presence.totals()
        return self._nodes.instances(connections, addresses)

    async def _push(self, to: Audience, op: int, body: bytes) -> None:
        await self._route.publish(Envelope(to, (self._made(op, body),)))

    def _made(self, op: int, body: bytes) -> Push:
        push_id = PushId(number_id(self._entropy.token_bytes(8)))
        return Push(push_id, body, tag_of(op), self._delivery)


def room_key(kind: str, room: str) -> RoomId:
    """goim's `EncodeRoomKey`: the same id under two types is two rooms."""
    return RoomId(f"{kind}://{room}")
