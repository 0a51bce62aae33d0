"""Building frames (RFC 6455 §5.2), as the server and as the client.

Server frames carry no mask, so one built frame is shared by every receiver. `parser` reads what
this builds.
"""

from __future__ import annotations

from enum import IntEnum

from parlor.wire.websocket.masking import apply_mask

NO_CODE = 1005
"""Stands for a close frame without a code (RFC 6455 §7.1.5); never on the wire."""

MAX_CONTROL_BYTES = 125

RSV1 = 0x40
"""Added to the opcode of a compressed message's first frame (RFC 7692 §6)."""


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


def build_frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """One unmasked frame, as servers send it. Text must already be UTF-8.

    The caller keeps to the rules of §5.4 and §5.5: control frames are final and carry at most
    125 bytes.
    """
    size = len(payload)
    first = opcode | 0x80 if fin else opcode
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return bytes((first, 126, size >> 8, size & 0xFF)) + payload
    return bytes((first, 127)) + size.to_bytes(8) + payload


def build_masked(opcode: int, payload: bytes, key: bytes, *, fin: bool = True) -> bytes:
    """One frame as clients send it. `key`: 4 bytes that the peer cannot foresee (§10.3)."""
    size = len(payload)
    first = opcode | 0x80 if fin else opcode
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65536:
        head = bytes((first, 0xFE, size >> 8, size & 0xFF))
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8)
    return head + key + apply_mask(payload, key)


def is_legal_close_code(code: int) -> bool:
    """May this stand in a close frame? §7.4.1, and 1012 to 1014 of the IANA registry."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def close_payload(code: int = NO_CODE, reason: str = "") -> bytes:
    """The body of a close frame; `NO_CODE` gives an empty one, whatever the reason.

    A reason over 123 bytes is cut between two characters. Raises ValueError for a code that may
    not be sent.
    """
    if code == NO_CODE:
        return b""
    if not is_legal_close_code(code):
        raise ValueError(f"{code} may not be sent in a close frame")
    text = reason.encode("utf-8", "replace")[: MAX_CONTROL_BYTES - 2]
    return code.to_bytes(2) + text.decode("utf-8", "ignore").encode()


def build_close(code: int = NO_CODE, reason: str = "") -> bytes:
    """A close frame from a server; see `close_payload` for reasons and codes.

    To answer a `CloseReceived`, send its `code` back (§5.5.1), `NO_CODE` included.
    """
    return build_frame(Opcode.CLOSE, close_payload(code, reason))
