"""Sender and receiver reports (RFC 3550 §6.4), and what two clocks give together.

The functions take and give the body of a packet: what follows its four bytes of header.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from parlor.wire.webrtc.malformed import Malformed, Reason

BLOCK_BYTES = 24

_BLOCK = struct.Struct(">IIIIII")
_SENDER = struct.Struct(">IQIII")
_LOST_BITS = 24
_NTP_UNIX_S = 2_208_988_800
"""From 1900 to 1970."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How one stream arrived (§6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Of 256, since the report before."""
    lost: int
    """Since the beginning, in 24 bits; negative when doubled packets outnumber the lost."""
    highest_seq: int
    """Extended: the cycles are in the upper 16 bits."""
    jitter: int
    """In units of the stream's clock."""
    last_sr: int
    """`middle_ntp` of the last sender report that came; 0 when none did."""
    since_last_sr: int
    """How long ago that was, in 1/65,536 s."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What a sender has sent, and which moment of its clock which timestamp is."""

    ssrc: int
    ntp: int
    """64 bits: seconds since 1900 and their fraction."""
    timestamp: int
    """The RTP timestamp of the same moment."""
    packets: int
    octets: int
    """Of payload."""
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


def ntp_of(unix_s: float) -> int:
    """A wall-clock time as the 64 bits of a sender report (RFC 5905 §6)."""
    return round((unix_s + _NTP_UNIX_S) * (1 << 32)) & 0xFFFF_FFFF_FFFF_FFFF


def middle_ntp(ntp: int) -> int:
    """The 32 bits in the middle, in 1/65,536 s: what report blocks quote."""
    return ntp >> 16 & 0xFFFF_FFFF


def round_trip_s(block: ReportBlock, now_ntp: int) -> float | None:
    """The round trip that a block about our stream shows (§6.4.1, figure 2).

    `now_ntp`: when it arrived, by the clock that `last_sr` quotes. None without a sender report,
    and for a block whose times do not fit: they are the other side's word.
    """
    if not block.last_sr:
        return None
    trip = middle_ntp(now_ntp) - block.last_sr - block.since_last_sr & 0xFFFF_FFFF
    return None if trip >> 31 else trip / 65_536


def parse_sender_report(count: int, body: bytes) -> SenderReport:
    if len(body) < _SENDER.size:
        raise Malformed(Reason.LENGTH, f"a sender report of {len(body)} bytes")
    ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
    blocks = _parse_blocks(count, body, _SENDER.size)
    return SenderReport(ssrc, ntp, timestamp, packets, octets, blocks)


def parse_receiver_report(count: int, body: bytes) -> ReceiverReport:
    if len(body) < 4:
        raise Malformed(Reason.LENGTH, f"a receiver report of {len(body)} bytes")
    return ReceiverReport(int.from_bytes(body[:4]), _parse_blocks(count, body, 4))


def build_sender_report(report: SenderReport) -> bytes:
    return _SENDER.pack(
        report.ssrc, report.ntp, report.timestamp, report.packets, report.octets
    ) + _build_blocks(report.blocks)


def build_receiver_report(report: ReceiverReport) -> bytes:
    return report.ssrc.to_bytes(4) + _build_blocks(report.blocks)


def _parse_blocks(count: int, body: bytes, at: int) -> tuple[ReportBlock, ...]:
    """What follows the blocks is a profile's own and passed over (§6.4.3)."""
    if at + count * BLOCK_BYTES > len(body):
        raise Malformed(Reason.LENGTH, f"{count} report blocks in {len(body) - at} bytes")
    return tuple(_parse_block(body, at + n * BLOCK_BYTES) for n in range(count))


def _parse_block(body: bytes, at: int) -> ReportBlock:
    ssrc, losses, highest, jitter, last_sr, since = _BLOCK.unpack_from(body, at)
    lost = losses & (1 << _LOST_BITS) - 1
    if lost >> _LOST_BITS - 1:
        lost -= 1 << _LOST_BITS
    return ReportBlock(ssrc, losses >> _LOST_BITS, lost, highest, jitter, last_sr, since)


def _build_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << _LOST_BITS | block.lost & (1 << _LOST_BITS) - 1,
            block.highest_seq,
            block.jitter,
            block.last_sr,
            block.since_last_sr,
        )
        for block in blocks
    )
