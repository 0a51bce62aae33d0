"""What a reader tells its owner: messages, and the three control frames."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.model.errors import WireError
from parlor.wire.websocket.frames import NO_CODE, Opcode, is_legal_close_code

PROTOCOL_ERROR = 1002
BAD_TEXT = 1007
TOO_BIG = 1009


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer with a pong of the same payload (RFC 6455 §5.5.2)."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    payload: bytes


@dataclass(frozen=True, slots=True)
class CloseReceived:
    """The peer is done; nothing it sends afterwards is looked at. `code` is 1005 for none."""

    code: int
    reason: str


Event = str | bytes | Ping | Pong | CloseReceived
"""A text message is a `str`, a binary message is `bytes`."""


def parse_control(opcode: int, payload: bytes) -> Ping | Pong | CloseReceived:
    """Raises WireError for a close that may not be sent (§5.5.1, §7.4)."""
    if opcode == Opcode.PING:
        return Ping(payload)
    if opcode == Opcode.PONG:
        return Pong(payload)
    if not payload:
        return CloseReceived(NO_CODE, "")
    if len(payload) == 1:
        raise WireError("half a close code", close=PROTOCOL_ERROR)
    code = int.from_bytes(payload[:2])
    if not is_legal_close_code(code):
        raise WireError(f"close code {code} may not be sent", close=PROTOCOL_ERROR)
    try:
        return CloseReceived(code, payload[2:].decode())
    except UnicodeDecodeError as fault:
        raise WireError("a close reason is not UTF-8", close=BAD_TEXT) from fault
