"""From a service to the gateways: one bus message per push, whatever its audience.

Owns the subject and the form of what is on the bus. Who receives it is decided by
`gateway.deliver` of every process, which knows who is here.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parlor.model.errors import WireError
from parlor.model.ids import ConnectionKey, ConversationId, RoomId, UserId
from parlor.model.push import Delivery, Envelope, Notice, ToConversation, ToRoom, ToUsers
from parlor.ports.bus import Bus, Subject
from parlor.wire.native.pushes import PUSHES, PushPayload

PUSH_SUBJECT = Subject("push")
"""One subject for all pushes: their order towards one reader is the order of publishing."""

_NAMES = {payload: name for name, payload in PUSHES.items()}
_encode = msgspec.msgpack.Encoder().encode
_encode_payload = msgspec.json.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Envelope | Notice] = msgspec.msgpack.Decoder(Envelope | Notice)


def parse_routed(message: bytes) -> Envelope | Notice:
    """What `Route` put on the bus. Raises WireError for anything else."""
    try:
        return _decoder.decode(message)
    except (msgspec.MsgspecError, RecursionError) as broken:
        raise WireError("not a push") from broken


class Route:
    """At most once: a push that is lost on the bus is not sent again (`ports.bus`)."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, envelope: Envelope) -> None:
        """Hand pushes to their audience; returns once the bus has them.

        The pushes of one envelope stay together, in order, and each reader gets them in one
        write. They are lossy together only when every one of them is lossy.
        """
        if envelope.pushes:
            await self._bus.publish(PUSH_SUBJECT, _encode(envelope))

    async def notify(
        self,
        users: Sequence[UserId],
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None:
        """Send one of `wire.native.pushes` to every connection of `users`, except `not_to`.

        It must arrive: a reader that has no place for it is closed and catches up. Front doors
        without a form for this push ignore it. Raises KeyError for a payload without a name.
        """
        if users:
            await self._send(ToUsers(tuple(users), not_to), payload)

    async def hint(
        self,
        users: Sequence[UserId],
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None:
        """Like `notify`, but lossy: a reader without a place for it never hears of it."""
        if users:
            await self._send(ToUsers(tuple(users), not_to), payload, Delivery.LOSSY)

    async def notify_conversation(
        self,
        conversation: ConversationId,
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None:
        """Like `notify`, to the members of a conversation whom every gateway knows by itself."""
        await self._send(ToConversation(conversation, not_to), payload)

    async def notify_endpoint(self, user: UserId, endpoint: str, payload: PushPayload) -> None:
        """Like `notify`, to the connections of this user at this endpoint and to no other."""
        await self._send(ToUsers((user,), endpoint=endpoint), payload)

    async def notify_room(self, room: RoomId, payload: PushPayload) -> None:
        """Send one of `wire.native.pushes` to every connection in `room`. Lossy, beside what is
        pushed to the room and not in order with it."""
        await self._send(ToRoom(room), payload, Delivery.LOSSY)

    async def _send(
        self,
        to: ToUsers | ToRoom | ToConversation,
        payload: PushPayload,
        delivery: Delivery = Delivery.MUST_ARRIVE,
    ) -> None:
        notice = Notice(to, _NAMES[type(payload)], _encode_payload(payload), delivery)
        await self._bus.publish(PUSH_SUBJECT, _encode(notice))
