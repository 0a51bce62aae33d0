"""Push rooms as a native connection uses them: listening, speaking, and which tags it wants."""

from __future__ import annotations

from collections.abc import Awaitable, Collection

from parlor.gateway.catch_up import CatchUp
from parlor.gateway.gateway import Gateway
from parlor.gateway.hooked import ask_to_publish, tell_of_publish
from parlor.gateway.requests import Answered, Caller
from parlor.gateway.services import Services
from parlor.gateway.state.link import Link
from parlor.model.errors import BadRequest, Forbidden, NotInRoom
from parlor.model.ids import RoomId
from parlor.model.push import MAX_TAG_CHARS
from parlor.model.room import Position
from parlor.model.text import check_room
from parlor.wire.native import methods as wire


class Rooms:
    """`online` in the replies counts connections everywhere, this one included."""

    def __init__(self, gateway: Gateway, services: Services, catch_up: CatchUp) -> None:
        self._gateway = gateway
        self._hub = gateway.hub
        self._presence = services.presence
        self._publishing = services.publishing
        self._policies = services.policies
        self._listed = services.listed
        self._who = services.who
        self._catch_up = catch_up

    def join(self, caller: Caller, params: wire.RoomJoin) -> wire.RoomResult | Awaitable[Answered]:
        """Joining again changes nothing."""
        room = check_room(params.room, self._gateway.settings.max_room_bytes)
        self._check_place(caller.link, room)
        if self._catch_up.keeps(room):
            return self._join_kept(caller, room, params)
        self._hub.join(caller.link, room)
        return self._result(room)

    async def _join_kept(self, caller: Caller, room: RoomId, params: wire.RoomJoin) -> Answered:
        tails = await self._catch_up.read({room: params.since})
        # Others may have been joined while the history was read.
        self._check_place(caller.link, room)
        entered = self._catch_up.enter(caller.link, room, tails[room], whole=params.tail)
        state = entered.state
        result = self._result(room, position=state.position, recovered=state.recovered)
        return Answered(result, entered.follow or _nothing)

    def leave(self, caller: Caller, params: wire.RoomLeave) -> wire.RoomResult:
        """Leaving a room one is not in changes nothing, and of one that the token does not open
        it tells nothing."""
        room = check_room(params.room, self._gateway.settings.max_room_bytes)
        may_see = room in caller.link.rooms or caller.link.may_join(room)
        self._hub.leave(caller.link, room)
        return wire.RoomResult(room, self._presence.in_room(room) if may_see else 0)

    def get(self, caller: Caller, params: wire.RoomGet) -> wire.RoomGetResult:
        """Raises Forbidden for a room that the token does not open."""
        room = check_room(params.room, self._gateway.settings.max_room_bytes)
        link = caller.link
        if not link.may_join(room):
            raise Forbidden("The token does not open this room.")
        policy = self._policies.of(room)
        publish = policy.publish and (link.grants is None or link.grants.may_publish(room))
        rules = wire.RoomRules(
            publish=publish,
            high=publish and (_is_admin(caller) or not policy.high_admins_only),
            max_bytes=policy.publish_bytes,
            slow_mode_s=policy.slow_mode_s,
            keeps=policy.keep is not None,
            presence=policy.presence,
        )
        users = self._who.users(room) if room in link.rooms else ()
        return wire.RoomGetResult(room, self._presence.in_room(room), users, rules)

    def list(self, caller: Caller, params: wire.RoomList) -> wire.RoomListResult:
        """Only rooms that the caller may join."""
        rooms = tuple(
            wire.RoomOnline(room, online)
            for room, online in self._listed.fullest()
            if caller.link.may_join(room)
        )
        return wire.RoomListResult(rooms, self._listed.beginning())

    async def publish(self, caller: Caller, params: wire.RoomPublish) -> wire.RoomPublishResult:
        room = check_room(params.room, self._gateway.settings.max_room_bytes)
        link = caller.link
        if room not in link.rooms:
            raise NotInRoom
        if link.grants is not None and not link.grants.may_publish(room):
            raise Forbidden("The token does not allow publishing in this room.")
        body = params.body.encode()
        await ask_to_publish(self._gateway.hooks, link, room, body)
        published = await self._publishing.publish(
            link.user,
            room,
            params.body,
            params.client_id,
            params.priority,
            admin=_is_admin(caller),
        )
        if not published.repeated:
            tell_of_publish(self._gateway.hooks, link, room, body, published.push_id)
        return wire.RoomPublishResult(published.push_id, published.repeated)

    def set_tags(self, caller: Caller, params: wire.TagsSet) -> wire.Empty:
        caller.link.tags = check_tags(params.tags, self._gateway.settings.max_tags)
        return wire.Empty()

    def _check_place(self, link: Link, room: RoomId) -> None:
        if not link.may_join(room):
            raise Forbidden("The token does not open this room.")
        if room not in link.rooms and len(link.rooms) >= self._gateway.settings.max_rooms:
            raise BadRequest(f"At most {self._gateway.settings.max_rooms} rooms a connection.")

    def _result(
        self, room: RoomId, *, position: Position | None = None, recovered: bool = False
    ) -> wire.RoomResult:
        online, users = self._presence.in_room(room), self._who.users(room)
        return wire.RoomResult(room, online, position, recovered, users)


def _is_admin(caller: Caller) -> bool:
    return caller.identity is not None and caller.identity.admin


def check_tags(tags: Collection[str] | None, most: int) -> frozenset[str] | None:
    """Raises BadRequest for too many tags, or one that is too long."""
    if tags is None:
        return None
    if len(tags) > most:
        raise BadRequest(f"At most {most} tags a connection.")
    if any(len(tag) > MAX_TAG_CHARS for tag in tags):
        raise BadRequest(f"A tag has at most {MAX_TAG_CHARS} characters.")
    return frozenset(tags)


def _nothing() -> None:
    """What follows a reply when nothing was missed."""
