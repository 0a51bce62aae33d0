"""What is pushed to whom: the envelope that goes over the bus, one copy per gateway."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import ConnectionKey, ConversationId, DeviceId, PushId, RoomId, UserId
from parlor.model.room import Priority

MAX_TAG_CHARS = 64


class Delivery(StrEnum):
    """LOSSY may be dropped for a slow reader, newest kept, and is counted.

    MUST_ARRIVE closes a reader that cannot keep up; it comes back and catches up.
    """

    LOSSY = "lossy"
    MUST_ARRIVE = "must_arrive"


class ToConnections(msgspec.Struct, frozen=True, tag="connections"):
    keys: tuple[ConnectionKey, ...]


class ToDevices(msgspec.Struct, frozen=True, tag="devices"):
    devices: tuple[DeviceId, ...]


class ToUsers(msgspec.Struct, frozen=True, tag="users"):
    users: tuple[UserId, ...]
    not_to: ConnectionKey | None = None
    """One connection to leave out, such as the one that caused it."""
    endpoint: str | None = None
    """When set, only connections of this endpoint (`device/instance`)."""


class ToRoom(msgspec.Struct, frozen=True, tag="room"):
    """A push to many rooms is one envelope for each: whoever is in several gets it once per room,
    since each room has its own order and its own offsets."""

    room: RoomId
    rate: int = 0
    """Deliveries a second; 0 is as fast as it goes."""


class ToAll(msgspec.Struct, frozen=True, tag="all"):
    rate: int = 0
    """Deliveries a second over all connections; 0 is as fast as it goes."""


class ToConversation(msgspec.Struct, frozen=True, tag="conversation"):
    """The members of a conversation with too many to name. Only notices go there."""

    conversation: ConversationId
    not_to: ConnectionKey | None = None
    """As in ToUsers."""


Audience = ToConnections | ToDevices | ToUsers | ToRoom | ToAll


class ToRooms(msgspec.Struct, frozen=True, tag="rooms"):
    """Many rooms at once, before they become one envelope each. `rate` as in ToRoom."""

    rooms: tuple[RoomId, ...]
    rate: int = 0


Target = Audience | ToRooms
"""What a push may be for when it is asked for."""


class Push(msgspec.Struct, frozen=True, omit_defaults=True):
    """One body for one audience.

    `body` is opaque; it reaches a native client as text when it is UTF-8. `tag` sorts pushes:
    connections that asked for certain tags get no others, except through a room. A push without
    one has the empty tag, which is asked for like any other.
    """

    id: PushId
    body: bytes
    tag: str = ""
    delivery: Delivery = Delivery.LOSSY
    offset: int = 0
    """Its number in a room that keeps messages, within the envelope's epoch; 0 elsewhere."""
    sender: UserId = UserId("")
    """The user who published it into a room; empty for programs."""
    mail: int = 0
    """Its number in the mailbox of its reader, where it is written for one; else 0."""
    priority: Priority = Priority.NORMAL
    """How much its `sender` says it matters."""


class Envelope(msgspec.Struct, frozen=True, tag="pushes"):
    """One bus message: pushes that leave together, in order, to one audience.

    `epoch` is set for rooms that keep messages, and then every push has an offset.
    """

    to: Audience
    pushes: tuple[Push, ...]
    epoch: str = ""


class Notice(msgspec.Struct, frozen=True, tag="notice"):
    """One bus message that carries a native push (an event, a call) to users' connections or to
    a room's.

    `name` and `payload` are those of wire.native; `payload` is JSON, decoded once per gateway.
    """

    to: ToUsers | ToRoom | ToConversation
    name: str
    payload: bytes
    delivery: Delivery = Delivery.MUST_ARRIVE
