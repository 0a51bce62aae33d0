"""The block of header extensions in an RTP packet (RFC 8285): one-byte and two-byte form.

Knows numbers and bytes. Which number means what was agreed in the SDP; what the bytes mean is in
`extension_kinds`.
"""

from __future__ import annotations

from collections.abc import Mapping

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtp import RtpPacket

ONE_BYTE = 0xBEDE
TWO_BYTE = 0x1000
MAX_ID = 255
MAX_VALUE_BYTES = 255

_APPLICATION_BITS = 0xF
_STOP = 15
_ONE_BYTE_MAX_ID, _ONE_BYTE_MAX_VALUE_BYTES = 14, 16


def parse_extensions(packet: RtpPacket) -> dict[int, bytes]:
    """The values by their numbers; of a number that comes twice, the last.

    A block of a form that RFC 8285 does not know is as good as none. Raises Malformed for a value
    that ends outside of the block, whatever is behind it.
    """
    data, at = packet.data, packet.extensions_at
    if at == packet.payload_at:
        return {}
    profile = data[at] << 8 | data[at + 1]
    if profile == ONE_BYTE:
        return _one_byte(data, at + 4, packet.payload_at)
    if profile & ~_APPLICATION_BITS == TWO_BYTE:
        return _two_byte(data, at + 4, packet.payload_at)
    return {}


def build_extensions(values: Mapping[int, bytes]) -> bytes:
    """A block in the order of `values`, in the one-byte form when it can hold them all.

    `b""` for no values. The two-byte form has numbers up to 255 and values of 0 to 255 bytes; the
    other side must have agreed to it (§4.1.2). Raises ValueError for what fits in neither. Takes
    a microsecond: who sends values that keep their sizes makes the block once, and writes them in
    place at their `value_offset`.
    """
    if not values:
        return b""
    body = bytearray()
    small = _fits_one_byte(values)
    for number, value in values.items():
        if not 1 <= number <= MAX_ID or len(value) > MAX_VALUE_BYTES:
            raise ValueError(f"an extension {number} of {len(value)} bytes")
        if small:
            body.append(number << 4 | len(value) - 1)
        else:
            body += bytes([number, len(value)])
        body += value
    body += bytes(-len(body) % 4)
    return (ONE_BYTE if small else TWO_BYTE).to_bytes(2) + (len(body) // 4).to_bytes(2) + body


def value_offset(values: Mapping[int, bytes], number: int) -> int:
    """Where the value of `number` begins in `build_extensions(values)`.

    In a packet the block begins at `extensions_at`. Raises KeyError when it is none of them.
    """
    head = 1 if _fits_one_byte(values) else 2
    at = 4
    for found, value in values.items():
        at += head
        if found == number:
            return at
        at += len(value)
    raise KeyError(number)


def _fits_one_byte(values: Mapping[int, bytes]) -> bool:
    return all(
        number <= _ONE_BYTE_MAX_ID and 1 <= len(value) <= _ONE_BYTE_MAX_VALUE_BYTES
        for number, value in values.items()
    )


def _one_byte(data: bytes, at: int, end: int) -> dict[int, bytes]:
    values = {}
    while at < end:
        first = data[at]
        if not first:
            at += 1
            continue
        number = first >> 4
        # 15, and 0 with a length, end the block without being wrong (§4.2).
        if number == _STOP or not number:
            break
        start = at + 1
        at = start + 1 + (first & 0xF)
        if at > end:
            raise Malformed(Reason.CUT_OFF, f"the extension {number} leaves its block")
        values[number] = data[start:at]
    return values


def _two_byte(data: bytes, at: int, end: int) -> dict[int, bytes]:
    values = {}
    while at < end:
        number = data[at]
        if not number:
            at += 1
            continue
        if at + 1 == end:
            raise Malformed(Reason.CUT_OFF, f"the extension {number} has no length")
        start = at + 2
        at = start + data[at + 1]
        if at > end:
            raise Malformed(Reason.CUT_OFF, f"the extension {number} leaves its block")
        values[number] = data[start:at]
    return values
