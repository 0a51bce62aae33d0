"""What RTP costs the media worker beside the bare `struct` calls that move the same fields.

One packet of 1,200 bytes with four header extensions: reading it, rewriting it for one receiver,
and its whole way in and out to ten of them. Encryption and the socket are not in these figures.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator

from benches.figures import Figure, run
from parlor.wire.webrtc.header_extensions import (
    build_extensions,
    parse_extensions,
    value_offset,
)
from parlor.wire.webrtc.rtp import (
    build_packet,
    parse_packet,
    rewrite,
    type_byte,
    with_extensions,
)

RECEIVERS = 10
TURNS = 300
PACKETS = 500
PACKET = bytes(
    build_packet(
        96,
        1_000,
        90_000,
        0x1234_5678,
        bytes(1_150),
        marker=True,
        extensions=build_extensions({1: b"\x94", 2: bytes(3), 3: b"\0\1", 4: b"0"}),
    )
)
LEVEL, TRANSPORT_SEQ = 1, 3
SENT = {LEVEL: b"\0", TRANSPORT_SEQ: b"\0\0"}
"""What receivers get; its sizes never change, so its block is made once."""

_HEAD = struct.Struct(">BBHII")
_CHANGED = struct.Struct(">BHII")
_NUMBER = struct.Struct(">H")


def parse() -> None:
    for _ in range(PACKETS):
        parse_packet(PACKET)


def bare_parse() -> None:
    unpack = _HEAD.unpack_from
    for _ in range(PACKETS):
        unpack(PACKET)


def rewrite_all() -> None:
    packet = bytearray(PACKET)
    for seq in range(PACKETS):
        rewrite(packet, 96, seq, 90_000, 7)


def bare_rewrite() -> None:
    packet, pack = bytearray(PACKET), _CHANGED.pack_into
    for seq in range(PACKETS):
        pack(packet, 1, 96, seq, 90_000, 7)


def forward() -> None:
    """In, its extensions exchanged, and out to each receiver with numbers of its own."""
    block = build_extensions(SENT)
    level, number = value_offset(SENT, LEVEL), value_offset(SENT, TRANSPORT_SEQ)
    for n in range(PACKETS // RECEIVERS):
        packet = parse_packet(PACKET)
        values = parse_extensions(packet)
        copy = with_extensions(packet, block)
        copy[packet.extensions_at + level] = values[LEVEL][0]
        at = packet.extensions_at + number
        second = type_byte(97, marker=packet.marker)
        for receiver in range(RECEIVERS):
            rewrite(copy, second, packet.seq + receiver, packet.timestamp + n, receiver)
            _NUMBER.pack_into(copy, at, receiver)


def bare_forward() -> None:
    unpack, pack, number = _HEAD.unpack_from, _CHANGED.pack_into, _NUMBER.pack_into
    for n in range(PACKETS // RECEIVERS):
        _, _, seq, timestamp, _ = unpack(PACKET)
        copy = bytearray(PACKET)
        for receiver in range(RECEIVERS):
            pack(copy, 1, 97, seq + receiver, timestamp + n, receiver)
            number(copy, 20, receiver)


def measure() -> Iterator[Figure]:
    for name, ours, bare, unit, baseline in (
        ("parse", parse, bare_parse, "ns/packet", "struct.unpack_from"),
        ("rewrite", rewrite_all, bare_rewrite, "ns/packet", "struct.pack_into"),
        ("forward", forward, bare_forward, "ns/packet out", "one copy and pack_into"),
    ):
        taken_ns, bare_ns = _best_ns(ours, bare)
        yield Figure.beside(f"rtp.{name}", taken_ns, unit, baseline, bare_ns)


def _best_ns(ours: Callable[[], None], bare: Callable[[], None]) -> tuple[float, float]:
    """The least that each took for a packet, turn by turn: others use this machine too."""
    best = [float("inf"), float("inf")]
    for _ in range(TURNS):
        for which, act in enumerate((ours, bare)):
            began = time.perf_counter_ns()
            act()
            best[which] = min(best[which], (time.perf_counter_ns() - began) / PACKETS)
    return best[0], best[1]


if __name__ == "__main__":
    run(measure, __doc__)
