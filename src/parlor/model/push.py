"""What is pushed to whom: the envelope that goes over the bus, one copy per gateway."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import ConnectionKey, DeviceId, PushId, RoomId, UserId


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
    room: RoomId


class ToAll(msgspec.Struct, frozen=True, tag="all"):
    rate: int = 0
    """Deliveries a second over all connections; 0 is as fast as it goes."""


Audience = ToConnections | ToDevices | ToUsers | ToRoom | ToAll


class Push(msgspec.Struct, frozen=True, omit_defaults=True):
    """One body for one audience.

    `body` is opaque; it reaches a native client as text when it is UTF-8. `op` is goim's
    operation: connections that asked for certain operations get no others, except through a
    room (goim-protocol §2.6).
    """

    id: PushId
    body: bytes
    op: int = 0
    delivery: Delivery = Delivery.LOSSY
    mail: int = 0
    """Its number in the mailbox of its reader, where it is written for one; else 0."""


class Envelope(msgspec.Struct, frozen=True, tag="pushes"):
    """One bus message: pushes that leave together, in order, to one audience."""

    to: Audience
    pushes: tuple[Push, ...]


class Notice(msgspec.Struct, frozen=True, tag="notice"):
    """One bus message that carries a native push (an event, a call) to users' connections.

    `name` and `payload` are those of wire.native; `payload` is JSON, decoded once per gateway.
    """

    to: ToUsers
    name: str
    payload: bytes
