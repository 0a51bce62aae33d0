"""How pushes are written for goim connections: once per transport, shared by all readers.

TCP gets plain frames back to back; WebSocket gets one binary message, the same frames wrapped as
operation 9, also when there is only one (goim §2.7). Called by `gateway.deliver`.
"""

from __future__ import annotations

from parlor.doors.goim.tags import op_of
from parlor.gateway.state.outbox import Frame
from parlor.model.push import Delivery, Envelope, Push
from parlor.wire.goim.frame import encode_frame, encode_raw
from parlor.wire.native.pushes import PushPayload
from parlor.wire.websocket import Opcode, build_frame


class GoimTcpCodec:
    """goim has no form for what the server itself says (events, calls) nor for a count of what
    was missed: both are left out. Its clients come back when they like."""

    tells_when: bool = False

    def pushes(self, envelope: Envelope) -> Frame | None:
        return _framed(envelope, self._wrap(_frames(envelope.pushes)))

    def notice(self, name: str, payload: PushPayload) -> Frame | None:
        return None

    def missed(self, count: int) -> bytes:
        return b""

    def _wrap(self, frames: bytes) -> bytes:
        return frames


class GoimWebSocketCodec(GoimTcpCodec):
    """Like TCP's, in one binary WebSocket message."""

    def _wrap(self, frames: bytes) -> bytes:
        return build_frame(Opcode.BINARY, encode_raw(frames))


def _frames(pushes: tuple[Push, ...]) -> bytes:
    return b"".join([encode_frame(op_of(push.tag), push.body) for push in pushes])


def _framed(envelope: Envelope, data: bytes) -> Frame:
    lossy = all(push.delivery is Delivery.LOSSY for push in envelope.pushes)
    delivery = Delivery.LOSSY if lossy else Delivery.MUST_ARRIVE
    return Frame(data, delivery, len(envelope.pushes))
