"""Pushes as native connections get them: one codec, one framing, one shared frame.

Four objects serve all native connections that do not compress, and one more each kind of those
that do (`compression`); the deliverer tells kinds apart by them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

from parlor.gateway.state.outbox import Frame
from parlor.model.push import Delivery, Envelope, Push, ToRoom
from parlor.model.room import Priority
from parlor.wire.native.codec import JSON, JSON_SUBPROTOCOL, MSGPACK, MSGPACK_SUBPROTOCOL, Codec
from parlor.wire.native.framing import build_framed
from parlor.wire.native.pushes import DeliveryPush, PushPayload
from parlor.wire.websocket import Opcode, build_frame


class NativeFrames:
    """A `LinkCodec`: `codec` makes messages, `wrap` puts what the transport needs around each."""

    tells_when: bool = True

    def __init__(self, codec: Codec, wrap: Callable[[bytes], bytes]) -> None:
        self.codec = codec
        self.wrap = wrap

    def pushes(self, envelope: Envelope) -> Frame | None:
        """All messages of the envelope joined; lossy only when every push is."""
        room = envelope.to.room if isinstance(envelope.to, ToRoom) else None
        messages = [
            self.wrap(self.codec.build_push("delivery", _payload(push, room, envelope.epoch)))
            for push in envelope.pushes
        ]
        lossy = all(push.delivery is Delivery.LOSSY for push in envelope.pushes)
        delivery = Delivery.LOSSY if lossy else Delivery.MUST_ARRIVE
        return Frame(b"".join(messages), delivery, len(messages))

    def notice(self, name: str, payload: PushPayload) -> Frame | None:
        return Frame(self.wrap(self.codec.build_push(name, payload)), Delivery.MUST_ARRIVE)

    def missed(self, count: int) -> bytes:
        told = DeliveryPush(push_id="", room=None, body="", missed=count)
        return self.wrap(self.codec.build_push("delivery", told))


def _payload(push: Push, room: str | None, epoch: str) -> DeliveryPush:
    try:
        body, encoded = push.body.decode(), ""
    except UnicodeDecodeError:
        body, encoded = "", base64.b64encode(push.body).decode()
    return DeliveryPush(
        push_id=push.id,
        room=room,
        body=body,
        tag=push.tag,
        body_base64=encoded,
        offset=push.offset,
        sender=push.sender,
        epoch=epoch,
        mail=push.mail,
        priority="" if push.priority is Priority.NORMAL else push.priority,
    )


def _text(message: bytes) -> bytes:
    return build_frame(Opcode.TEXT, message)


def _binary(message: bytes) -> bytes:
    return build_frame(Opcode.BINARY, message)


def _line(message: bytes) -> bytes:
    """JSON has no line break outside its strings, and inside them it is escaped."""
    return message + b"\n"


TCP_FRAMES: Final = NativeFrames(MSGPACK, build_framed)
HTTP_FRAMES: Final = NativeFrames(JSON, _line)
WEBSOCKET_FRAMES: Final[dict[str, NativeFrames]] = {
    JSON_SUBPROTOCOL: NativeFrames(JSON, _text),
    MSGPACK_SUBPROTOCOL: NativeFrames(MSGPACK, _binary),
}
"""By subprotocol; the order is the server's preference."""
