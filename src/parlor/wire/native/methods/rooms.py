"""Push rooms and tags."""

from __future__ import annotations

import msgspec

from parlor.model.room import Position, Priority
from parlor.wire.native.methods.shape import Empty, Method, Params, Result


class RoomJoin(Params, frozen=True):
    """Listen to a push room. Most keep nothing; those that do fill what was missed `since`.

    `tail`: when there is no `since`, or it cannot be filled, send what the room still keeps.
    """

    room: str
    since: Position | None = None
    tail: bool = False


class RoomLeave(Params, frozen=True):
    room: str


class RoomResult(Result, frozen=True):
    """`position` and `recovered` are those of `RoomState`; joining where one is already tells
    the position and replays nothing.

    `users` are those who are there, in rooms that tell who comes and goes, while they are few.
    """

    room: str
    online: int
    position: Position | None = None
    recovered: bool = False
    users: tuple[str, ...] = ()


class RoomGet(Params, frozen=True):
    """What may be done in a room, and how many are there. One need not be in it."""

    room: str


class RoomRules(msgspec.Struct, frozen=True):
    """What this user may do in the room, as things stand: everything is checked again when it is
    done.

    `publish`: speak, in at most `max_bytes` of UTF-8, once in `slow_mode_s` (0: no slow mode);
    `high`: with high priority, too. `keeps`: it has a short replay. `presence`: it tells who
    comes and goes.
    """

    publish: bool
    high: bool
    max_bytes: int
    slow_mode_s: float
    keeps: bool
    presence: bool


class RoomGetResult(Result, frozen=True):
    """`online` and `users` as in `RoomResult`, but that nobody is named to who is not there."""

    room: str
    online: int
    users: tuple[str, ...]
    rules: RoomRules


class RoomList(Params, frozen=True):
    """The fullest of the rooms that are listed, this user may join and somebody is in."""


class RoomOnline(msgspec.Struct, frozen=True):
    room: str
    online: int


class RoomListResult(Result, frozen=True):
    """Fullest first, a second old at most. `beginning` is what has to stand before a word to make
    it the name of a listed room in which members speak; empty where there are none."""

    rooms: tuple[RoomOnline, ...]
    beginning: str


class RoomPublish(Params, frozen=True):
    """Say something in a room one is in, if its members may.

    The sender gets it too, like everybody. The same `client_id` (1 to 64 characters) again is
    answered with the first result and said to nobody. When the room is too busy, messages of low
    `priority` are refused first, then normal ones. High priority may be for administrators only.
    """

    room: str
    body: str
    client_id: str
    priority: Priority = Priority.NORMAL


class RoomPublishResult(Result, frozen=True):
    """`push_id` is the one its delivery has. `repeated`: it was said before, not now."""

    push_id: str
    repeated: bool = False


class TagsSet(Params, frozen=True):
    """From now on only pushes with these tags, except those through a room; null: all."""

    tags: tuple[str, ...] | None


METHODS: dict[str, Method] = {
    "room.join": Method(RoomJoin, RoomResult),
    "room.leave": Method(RoomLeave, RoomResult),
    "room.get": Method(RoomGet, RoomGetResult),
    "room.list": Method(RoomList, RoomListResult),
    "room.publish": Method(RoomPublish, RoomPublishResult),
    "tags.set": Method(TagsSet, Empty),
}
