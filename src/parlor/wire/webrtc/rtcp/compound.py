"""A datagram of RTCP: packets back to back (RFC 3550 §6.1), each with its own length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtcp import feedback, reports, source, transport_cc

MAX_BYTES = 2_048
MAX_PACKETS = 64
"""Browsers send about five."""

MAX_COUNT = 31
"""Of report blocks, chunks or sources: five bits of the header. More need another packet."""

_PADDING = 0x20


class PacketType(IntEnum):
    """RFC 3550 §12.1, RFC 4585 §6.1."""

    SR = 200
    RR = 201
    SDES = 202
    BYE = 203
    APP = 204
    RTPFB = 205
    PSFB = 206


class TransportFormat(IntEnum):
    """What `RTPFB` has in place of a count."""

    NACK = 1
    TRANSPORT_CC = 15


class PayloadFormat(IntEnum):
    """What `PSFB` has in place of a count."""

    PLI = 1
    FIR = 4
    APPLICATION_LAYER = 15


@dataclass(frozen=True, slots=True)
class Unread:
    """A packet of a kind that is not read here: `count` are the five bits of the header, which
    feedback calls its format."""

    packet_type: int
    count: int
    body: bytes


RtcpPacket = (
    reports.SenderReport
    | reports.ReceiverReport
    | source.SourceDescription
    | source.Goodbye
    | source.Application
    | feedback.Nack
    | feedback.Pli
    | feedback.Fir
    | feedback.Remb
    | transport_cc.TransportFeedback
    | Unread
)


def parse_compound(data: bytes) -> list[RtcpPacket]:
    """The packets of a decrypted datagram, at least one. Raises Malformed."""
    if len(data) > MAX_BYTES:
        raise Malformed(Reason.TOO_BIG, f"{len(data)} bytes of RTCP")
    packets: list[RtcpPacket] = []
    at = 0
    while at < len(data) or not packets:
        if len(packets) == MAX_PACKETS:
            raise Malformed(Reason.TOO_MANY, f"more than {MAX_PACKETS} packets of RTCP")
        if at + 4 > len(data):
            raise Malformed(Reason.CUT_OFF, "less than an RTCP header")
        first = data[at]
        if first >> 6 != 2:
            raise Malformed(Reason.VERSION, f"RTCP version {first >> 6}")
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4])
        if end > len(data):
            raise Malformed(Reason.CUT_OFF, f"an RTCP packet of {end - at} bytes")
        body = data[at + 4 : end]
        if first & _PADDING:
            body = _without_padding(body)
        packets.append(_parse(data[at + 1], first & 0x1F, body))
        at = end
    return packets


def build_compound(packets: Iterable[RtcpPacket]) -> bytes:
    """One datagram, without padding. Raises ValueError for values that no packet can hold,
    struct.error or OverflowError for numbers of too many bits."""
    data = bytearray()
    for packet in packets:
        packet_type, count, body = _build(packet)
        if count > MAX_COUNT or len(body) % 4:
            raise ValueError(f"an RTCP packet of {count} parts and {len(body)} bytes")
        data += bytes([0x80 | count, packet_type]) + (len(body) // 4).to_bytes(2) + body
    return bytes(data)


def _without_padding(body: bytes) -> bytes:
    """Padding should be whole words, on the last packet (§6.4.1); browsers pad transport feedback
    by single bytes, wherever it stands."""
    if not body or not 0 < body[-1] <= len(body):
        raise Malformed(Reason.PADDING, "more padding than there is packet")
    return body[: -body[-1]]


def _parse(packet_type: int, count: int, body: bytes) -> RtcpPacket:
    match packet_type:
        case PacketType.SR:
            return reports.parse_sender_report(count, body)
        case PacketType.RR:
            return reports.parse_receiver_report(count, body)
        case PacketType.SDES:
            return source.parse_description(count, body)
        case PacketType.BYE:
            return source.parse_goodbye(count, body)
        case PacketType.APP:
            return source.parse_application(count, body)
        case PacketType.RTPFB if count == TransportFormat.NACK:
            return feedback.parse_nack(body)
        case PacketType.RTPFB if count == TransportFormat.TRANSPORT_CC:
            return transport_cc.parse_transport_feedback(body)
        case PacketType.PSFB if count == PayloadFormat.PLI:
            return feedback.parse_pli(body)
        case PacketType.PSFB if count == PayloadFormat.FIR:
            return feedback.parse_fir(body)
        case PacketType.PSFB if count == PayloadFormat.APPLICATION_LAYER and feedback.is_remb(body):
            return feedback.parse_remb(body)
    return Unread(packet_type, count, body)


def _build(packet: RtcpPacket) -> tuple[int, int, bytes]:
    match packet:
        case reports.SenderReport():
            return PacketType.SR, len(packet.blocks), reports.build_sender_report(packet)
        case reports.ReceiverReport():
            return PacketType.RR, len(packet.blocks), reports.build_receiver_report(packet)
        case source.SourceDescription():
            return PacketType.SDES, len(packet.chunks), source.build_description(packet)
        case source.Goodbye():
            return PacketType.BYE, len(packet.sources), source.build_goodbye(packet)
        case source.Application():
            return PacketType.APP, packet.subtype, source.build_application(packet)
        case feedback.Nack():
            return PacketType.RTPFB, TransportFormat.NACK, feedback.build_nack(packet)
        case transport_cc.TransportFeedback():
            body = transport_cc.build_transport_feedback(packet)
            return PacketType.RTPFB, TransportFormat.TRANSPORT_CC, body
        case feedback.Pli():
            return PacketType.PSFB, PayloadFormat.PLI, feedback.build_pli(packet)
        case feedback.Fir():
            return PacketType.PSFB, PayloadFormat.FIR, feedback.build_fir(packet)
        case feedback.Remb():
            return PacketType.PSFB, PayloadFormat.APPLICATION_LAYER, feedback.build_remb(packet)
        case Unread():
            return packet.packet_type, packet.count, packet.body
    assert_never(packet)
