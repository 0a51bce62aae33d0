"""One goim frame: bytes to value and back."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.wire.goim.ops import Op

HEADER_BYTES = 16
MAX_BODY_BYTES = 4096
"""What a client may send. Pushes to clients are not limited."""
VERSION = 1
_HEADER = struct.Struct(">ihhii")
_COUNT = struct.Struct(">i")


@dataclass(frozen=True, slots=True)
class Frame:
    """`version` and `seq` are the client's own and are echoed in the reply to it."""

    op: int
    body: bytes = b""
    version: int = VERSION
    seq: int = 0


def encode_frame(op: int, body: bytes = b"", *, version: int = VERSION, seq: int = 0) -> bytes:
    """`op` and `seq` must fit int32, `version` int16; the body may be of any size."""
    return _HEADER.pack(HEADER_BYTES + len(body), HEADER_BYTES, version, op, seq) + body


def encode_raw(frames: bytes) -> bytes:
    """Wrap complete frames, back to back, into one operation 9: how WebSocket gets pushes."""
    return encode_frame(Op.RAW, frames)


def encode_reply(request: Frame, op: int, body: bytes = b"") -> bytes:
    """The reply has the version and the sequence of what it answers."""
    return encode_frame(op, body, version=request.version, seq=request.seq)


def encode_heartbeat_reply(request: Frame, online: int) -> bytes:
    """Always 20 bytes: the body is how many are in the client's room, 0 without a room."""
    return encode_reply(request, Op.HEARTBEAT_REPLY, _COUNT.pack(online))


def check_header(header: bytes | bytearray | memoryview, max_body_bytes: int) -> int:
    """How many bytes the frame has that begins with these 16 (goim §2.1).

    Raises WireError for a header length other than 16, a packet length under 16 (negative
    ones too), or a body over the limit.
    """
    packet_bytes, header_bytes, _, _, _ = _HEADER.unpack_from(header)
    if header_bytes != HEADER_BYTES:
        raise WireError(f"The header length is {header_bytes}, not 16.", close=CloseCode.MALFORMED)
    if packet_bytes < HEADER_BYTES:
        raise WireError(
            f"A packet length of {packet_bytes} is less than the header.",
            close=CloseCode.MALFORMED,
        )
    if packet_bytes > HEADER_BYTES + max_body_bytes:
        raise WireError(
            f"A body of {packet_bytes - HEADER_BYTES} bytes is over {max_body_bytes}.",
            close=CloseCode.TOO_BIG,
        )
    return int(packet_bytes)


def decode_frame(packet: bytes) -> Frame:
    """`packet` is exactly one frame whose header `check_header` has passed."""
    _, _, version, op, seq = _HEADER.unpack_from(packet)
    return Frame(op, packet[HEADER_BYTES:], version, seq)


def parse_message(message: bytes, max_body_bytes: int = MAX_BODY_BYTES) -> Frame:
    """The one frame of a WebSocket message; bytes after it are ignored, as goim does (§2.5).

    Raises WireError also when the message ends before the frame does.
    """
    if len(message) < HEADER_BYTES:
        raise WireError("The message is shorter than a header.", close=CloseCode.MALFORMED)
    packet_bytes = check_header(message, max_body_bytes)
    if packet_bytes > len(message):
        raise WireError(
            f"The frame claims {packet_bytes} bytes, the message has {len(message)}.",
            close=CloseCode.MALFORMED,
        )
    return decode_frame(message[:packet_bytes])
