"""When each packet of a transport arrived: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.

The estimation of the bandwidth lives on this. Bodies without their header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from parlor.wire.webrtc.malformed import Malformed, Reason

TICK_US = 250
TICKS_PER_REFERENCE = 256
"""The reference time counts 64 ms."""
MAX_COUNT = 0xFFFF

_HEAD = struct.Struct(">IIHH")
_HEAD_BYTES = 16
_NOT_RECEIVED, _SMALL, _LARGE = 0, 1, 2
_MAX_RUN = 0x1FFF
_VECTOR_BITS = 14
_VECTOR_MASK = (1 << _VECTOR_BITS) - 1


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """What became of `count` packets from `base_seq` on.

    Only the received ones are kept: hostile feedback can call 65,535 packets lost in 18 bytes.
    """

    sender_ssrc: int
    media_ssrc: int
    """Of any stream of the transport."""
    base_seq: int
    """Transport-wide, 16 bits."""
    count: int
    reference: int
    """In 64 ms of the receiver's clock, 24 bits with a sign."""
    number: int
    """Counts the feedback packets, modulo 256."""
    received: tuple[tuple[int, int], ...]
    """How far after `base_seq`, and how many ticks after the received one before it; the first
    after `reference`. Ticks may be negative."""

    def arrivals(self) -> Iterator[tuple[int, int]]:
        """Sequence number (16 bits) and time of arrival, in ticks of the receiver's clock."""
        at = self.reference * TICKS_PER_REFERENCE
        for ahead, ticks in self.received:
            at += ticks
            yield self.base_seq + ahead & 0xFFFF, at


def parse_transport_feedback(body: bytes) -> TransportFeedback:
    """Raises Malformed; the work is bounded by the length of `body`, not by its count."""
    if len(body) < _HEAD_BYTES:
        raise Malformed(Reason.LENGTH, f"transport feedback of {len(body)} bytes")
    sender, media, base, count = _HEAD.unpack_from(body)
    if not count:
        raise Malformed(Reason.VALUE, "transport feedback about no packet")
    reference = int.from_bytes(body[12:15], signed=True)
    stretches, at = _parse_chunks(body, count)
    received: list[tuple[int, int]] = []
    for ahead, run, symbol in stretches:
        end = at + run * symbol
        deltas = body[at:end] if symbol == _SMALL else struct.unpack_from(f">{run}h", body, at)
        received += zip(range(ahead, ahead + run), deltas, strict=True)
        at = end
    return TransportFeedback(sender, media, base, count, reference, body[15], tuple(received))


def build_transport_feedback(feedback: TransportFeedback) -> bytes:
    """Raises ValueError for packets out of order or out of `count`, OverflowError for times of
    more than 16 bits: more than 8 s lie between them, so another packet has to begin."""
    symbols = bytearray(feedback.count)
    deltas = bytearray()
    before = -1
    for ahead, ticks in feedback.received:
        if not before < ahead < feedback.count:
            raise ValueError(f"packet {ahead} after {before}, of {feedback.count}")
        before = ahead
        small = 0 <= ticks <= 0xFF
        symbols[ahead] = _SMALL if small else _LARGE
        deltas += ticks.to_bytes(1 if small else 2, signed=not small)
    head = _HEAD.pack(feedback.sender_ssrc, feedback.media_ssrc, feedback.base_seq, feedback.count)
    head += feedback.reference.to_bytes(3, signed=True) + bytes([feedback.number])
    body = head + b"".join(chunk.to_bytes(2) for chunk in _chunks(bytes(symbols))) + bytes(deltas)
    return body + bytes(-len(body) % 4)


def _parse_chunks(body: bytes, count: int) -> tuple[list[tuple[int, int, int]], int]:
    """Place, length and symbol of each stretch of received packets, and where the times begin
    (§3.1.3, §3.1.4). Their times are all there."""
    stretches: list[tuple[int, int, int]] = []
    ahead, at, needed = 0, _HEAD_BYTES, 0
    while ahead < count:
        if at + 2 > len(body):
            raise Malformed(Reason.CUT_OFF, f"the fate of {ahead} packets of {count}")
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        left = count - ahead
        if chunk & 0x8000:
            width = 2 if chunk & 0x4000 else 1
            beyond = max(0, _VECTOR_BITS - left * width)
            bits = (chunk & _VECTOR_MASK) >> beyond << beyond
            if bits:
                needed += _add_vector(stretches, ahead, bits, width)
            ahead += _VECTOR_BITS // width
        else:
            run = min(chunk & _MAX_RUN, left)
            if not run:
                raise Malformed(Reason.VALUE, "a run of no packets")
            needed += _add(stretches, ahead, run, chunk >> 13)
            ahead += run
        # At once: it ends a lie about received packets before that has cost anything.
        if at + needed > len(body):
            raise Malformed(Reason.CUT_OFF, f"{needed} bytes of times")
    return stretches, at


def _add_vector(stretches: list[tuple[int, int, int]], ahead: int, bits: int, width: int) -> int:
    symbols = (
        bits >> shift & (1 << width) - 1 for shift in range(_VECTOR_BITS - width, -1, -width)
    )
    return sum(_add(stretches, ahead + n, 1, symbol) for n, symbol in enumerate(symbols) if symbol)


def _add(stretches: list[tuple[int, int, int]], ahead: int, run: int, symbol: int) -> int:
    """How many bytes of times belong to it: one for a small and two for a large one, like the
    symbols themselves."""
    if symbol > _LARGE:
        raise Malformed(Reason.VALUE, "a reserved status")
    if symbol == _NOT_RECEIVED:
        return 0
    place, before, same = stretches[-1] if stretches else (0, 0, _NOT_RECEIVED)
    if same == symbol and place + before == ahead:
        stretches[-1] = (place, before + run, symbol)
    else:
        stretches.append((ahead, run, symbol))
    return run * symbol


def _chunks(symbols: bytes) -> Iterator[int]:
    """Runs where they are shorter than the vectors that would hold the same."""
    at = 0
    while at < len(symbols):
        symbol = symbols[at]
        stop = min(len(symbols), at + _MAX_RUN)
        end = next((n for n in range(at + 1, stop) if symbols[n] != symbol), stop)
        width = 2 if _LARGE in symbols[at : at + _VECTOR_BITS] else 1
        size = _VECTOR_BITS // width
        if end - at >= size or end == len(symbols):
            yield symbol << 13 | end - at
            at = end
            continue
        chunk = 1 + width
        for place in symbols[at : at + size].ljust(size, b"\0"):
            chunk = chunk << width | place
        yield chunk
        at += size
