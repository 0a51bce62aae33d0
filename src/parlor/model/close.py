"""Why a connection was closed, as a number that tells the client what to do next.

40xx: connect again now. 41xx: connect again after the time in the reason. 42xx: do not connect
again by yourself. The WebSocket close reason (and the TCP `bye`) reads `name` or
`name after_s=2.5`. RFC 6455 §7.4.2 leaves 4000-4999 to applications.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class CloseCode(IntEnum):
    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED = 1003
    BAD_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL = 1011

    IDLE = 4000
    SLOW_READER = 4001
    STALLED = 4002
    DRAINING = 4100
    OVERLOADED = 4101
    RATE_LIMITED = 4102
    ADDRESS_FULL = 4103
    NO_HELLO = 4200
    UNAUTHENTICATED = 4201
    SIGNED_OUT = 4202
    REPLACED = 4203
    TOO_MANY_CONNECTIONS = 4204
    MALFORMED = 4205
    BANNED = 4206
    DEVICE_REPLACED = 4207


MEANING: dict[CloseCode, str] = {
    CloseCode.NORMAL: "Either side is done.",
    CloseCode.GOING_AWAY: "The page or the process ends.",
    CloseCode.PROTOCOL_ERROR: "The WebSocket frames broke RFC 6455.",
    CloseCode.UNSUPPORTED: "Text where binary was agreed, or the other way round.",
    CloseCode.BAD_TEXT: "A text message was not UTF-8.",
    CloseCode.POLICY: "The origin is not allowed.",
    CloseCode.TOO_BIG: "A frame or message was over the limit.",
    CloseCode.INTERNAL: "The server failed; its log says why.",
    CloseCode.IDLE: "Nothing was heard for two heartbeats.",
    CloseCode.SLOW_READER: "The reader fell behind what must arrive; connect and catch up.",
    CloseCode.STALLED: "Bytes stayed unread for too long.",
    CloseCode.DRAINING: "The server restarts; come back after the given time.",
    CloseCode.OVERLOADED: "The server is full; come back after the given time.",
    CloseCode.RATE_LIMITED: "Far too many requests; come back after the given time.",
    CloseCode.ADDRESS_FULL: "This address has as many connections as allowed; come back later.",
    CloseCode.NO_HELLO: "No hello came in time.",
    CloseCode.UNAUTHENTICATED: "The token is missing, expired or revoked; sign in again.",
    CloseCode.SIGNED_OUT: "This device was signed out.",
    CloseCode.REPLACED: "Another connection took this key.",
    CloseCode.TOO_MANY_CONNECTIONS: "This user has as many connections as allowed.",
    CloseCode.MALFORMED: "A message could not be read.",
    CloseCode.BANNED: "This account may not connect.",
    CloseCode.DEVICE_REPLACED: "This device was signed out, because another one signed in.",
}


@dataclass(frozen=True, slots=True)
class Close:
    """A decision to end a connection. `after_s` only means something for 41xx codes."""

    code: CloseCode
    after_s: float = 0.0

    @property
    def reason(self) -> str:
        name = self.code.name.lower()
        return f"{name} after_s={self.after_s:g}" if self.after_s else name

    @property
    def reconnect(self) -> bool:
        return self.code < 1000 or 4000 <= self.code < 4200 or self.code in (1001, 1011)
