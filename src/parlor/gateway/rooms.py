"""Listening to push rooms from a native connection: names and bounds checked, then the hub."""

from __future__ import annotations

from parlor.gateway.gateway import Gateway
from parlor.gateway.requests import Caller
from parlor.model.errors import BadRequest, Forbidden
from parlor.model.text import check_room
from parlor.ports.presence import Presence
from parlor.wire.native.methods import RoomJoin, RoomLeave, RoomResult


class Rooms:
    """`online` in the replies counts connections everywhere, this one included."""

    def __init__(self, gateway: Gateway, presence: Presence) -> None:
        self._hub = gateway.hub
        self._settings = gateway.settings
        self._presence = presence

    def join(self, caller: Caller, params: RoomJoin) -> RoomResult:
        """Joining again changes nothing."""
        room = check_room(params.room, self._settings.max_room_bytes)
        link = caller.link
        if not link.may_join(room):
            raise Forbidden("The token does not open this room.")
        if room not in link.rooms and len(link.rooms) >= self._settings.max_rooms:
            raise BadRequest(f"At most {self._settings.max_rooms} rooms a connection.")
        self._hub.join(link, room)
        return RoomResult(room, self._presence.in_room(room))

    def leave(self, caller: Caller, params: RoomLeave) -> RoomResult:
        """Leaving a room one is not in changes nothing."""
        room = check_room(params.room, self._settings.max_room_bytes)
        self._hub.leave(caller.link, room)
        return RoomResult(room, self._presence.in_room(room))
