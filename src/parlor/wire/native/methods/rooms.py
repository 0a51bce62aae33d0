"""Push rooms and tags."""

from __future__ import annotations

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


class RoomPublish(Params, frozen=True):
    """Say something in a room one is in, if its members may.

    The sender gets it too, like everybody. The same `client_id` (1 to 64 characters) again is
    answered with the first result and said to nobody. When the room is too busy, messages of low
    `priority` are refused first, then normal ones.
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
    "room.publish": Method(RoomPublish, RoomPublishResult),
    "tags.set": Method(TagsSet, Empty),
}
