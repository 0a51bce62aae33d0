"""The block of header extensions in an RTP packet (RFC 8285): one-byte and two-byte form.

Knows numbers and bytes. Which number means what was agreed in the SDP; what the bytes mean is in
`extension_kinds`.
"""

from __future__ import annotations

from collections.abc import Mapping

from parlor.wire.webrtc.malformed import Malformed, Reason

ONE_BYTE = 0xBEDE
TWO_BYTE = 0x1000
MAX_ID = 255
MAX_VALUE_BYTES = 255

_APPLICATION_BITS = 0xF
_STOP = 15
_ONE_BYTE_MAX_ID, _ONE_BYTE_MAX_VALUE_BYTES = 14, 16


def parse_extensions(data: bytes | bytearray, at: int) -> dict[int, bytes]:
    """The values by their numbers; of a number that comes twice, the last.

    `at`: where the block begins (`RtpPacket.extensions_at`); 0 means that there is none. `data`
    is a packet that `parse_packet` has taken, or a block alone behind any byte. A block of a form
    that RFC 8285 does not know is as good as none. Raises Malformed for a value that ends outside
    of the block.
    """
    if not at:
        return {}
    return {number: bytes(data[start:end]) for number, start, end in _elements(data, at)}


def find_extension(data: bytes | bytearray, at: int, number: int) -> int | None:
    """Where the value of `number` begins, to be changed in place: a value of the same size."""
    if at:
        for found, start, _ in _elements(data, at):
            if found == number:
                return start
    return None


def build_extensions(values: Mapping[int, bytes]) -> bytes:
    """A block in the order of `values`, in the one-byte form when it can hold them all.

    `b""` for no values. The two-byte form has numbers up to 255 and values of 0 to 255 bytes; the
    other side must have agreed to it (§4.1.2). Raises ValueError for what fits in neither.
    """
    if not values:
        return b""
    body = bytearray()
    small = all(
        number <= _ONE_BYTE_MAX_ID and 1 <= len(value) <= _ONE_BYTE_MAX_VALUE_BYTES
        for number, value in values.items()
    )
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


def _elements(data: bytes | bytearray, at: int) -> list[tuple[int, int, int]]:
    """Number, start and end of each value. 0 is padding (§4.2, §4.3)."""
    profile, at = data[at] << 8 | data[at + 1], at + 4
    end = at + 4 * (data[at - 2] << 8 | data[at - 1])
    if profile == ONE_BYTE:
        return _one_byte(data, at, end)
    if profile & ~_APPLICATION_BITS == TWO_BYTE:
        return _two_byte(data, at, end)
    return []


def _one_byte(data: bytes | bytearray, at: int, end: int) -> list[tuple[int, int, int]]:
    found = []
    while at < end:
        first = data[at]
        at += 1
        if not first:
            continue
        number = first >> 4
        # 15, and 0 with a length, end the block without being wrong (§4.2).
        if number == _STOP or not number:
            break
        start, at = at, at + 1 + (first & 0xF)
        if at > end:
            raise Malformed(Reason.CUT_OFF, f"the extension {number} leaves its block")
        found.append((number, start, at))
    return found


def _two_byte(data: bytes | bytearray, at: int, end: int) -> list[tuple[int, int, int]]:
    found = []
    while at < end:
        number = data[at]
        at += 1
        if not number:
            continue
        if at == end:
            raise Malformed(Reason.CUT_OFF, f"the extension {number} has no length")
        start, at = at + 1, at + 1 + data[at]
        if at > end:
            raise Malformed(Reason.CUT_OFF, f"the extension {number} leaves its block")
        found.append((number, start, at))
    return found
