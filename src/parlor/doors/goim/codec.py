"""How pushes are written for goim connections: once per transport, shared by all readers.

TCP gets plain frames back to back; WebSocket gets one binary message, the same frames wrapped as
operation 9, also when there is only one (goim §2.7); a v1 long poll gets JSON. Called by
`gateway.deliver`.
"""

from __future__ import annotations

import msgspec

from parlor.doors.goim.tags import op_of
from parlor.gateway.state.outbox import Frame
from parlor.model.push import Delivery, Envelope, Push
from parlor.wire.goim.frame import encode_frame, encode_raw
from parlor.wire.native.pushes import PushPayload
from parlor.wire.websocket import Opcode, build_frame

_V1 = b'{"ver":0,"op":5,"seq":0,"body":%b}\n'
_SEPARATORS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


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


class GoimLongPollCodec(GoimTcpCodec):
    """goim v1's JSON, a line each: every push is operation 5 of version 0 (goim §2.15).

    A body that is JSON is passed on as it is, any other as a string. The last word is an HTTP
    status with Retry-After.
    """

    tells_when = True

    def pushes(self, envelope: Envelope) -> Frame | None:
        lines = [_V1 % _as_json(push.body) for push in envelope.pushes]
        return _framed(envelope, b"".join(lines))


def _as_json(body: bytes) -> bytes:
    """On one line, and JavaScript as well: there, in old browsers, two characters that JSON
    allows in a string end the line."""
    try:
        msgspec.json.decode(body)
        text = msgspec.json.format(body, indent=-1)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = msgspec.json.encode(body.decode(errors="replace"))
    for separator, escaped in _SEPARATORS:
        text = text.replace(separator, escaped)
    return text


def _frames(pushes: tuple[Push, ...]) -> bytes:
    return b"".join([encode_frame(op_of(push.tag), push.body) for push in pushes])


def _framed(envelope: Envelope, data: bytes) -> Frame:
    lossy = all(push.delivery is Delivery.LOSSY for push in envelope.pushes)
    delivery = Delivery.LOSSY if lossy else Delivery.MUST_ARRIVE
    return Frame(data, delivery, len(envelope.pushes))
