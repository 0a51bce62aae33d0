"""Retransmissions in a stream of their own (RFC 4588 §4), multiplexed by SSRC.

The payload begins with the original sequence number (OSN). Which stream repairs which is the
caller's to know, from the SDP or from the repaired rid.
"""

from __future__ import annotations

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtp import RtpPacket, rewrite, type_byte

OSN_BYTES = 2


def wrap_lost(packet: RtpPacket, *, payload_type: int, seq: int, ssrc: int) -> bytearray:
    """The retransmission of `packet`. All three are those of the retransmission stream.

    Marker, timestamp, CSRC and header extensions stay; padding goes (§4). A transport-wide
    sequence number among the extensions is the old one: the caller writes a new one in place.
    """
    copy = bytearray(packet.data)
    del copy[packet.payload_end :]
    copy[packet.payload_at : packet.payload_at] = packet.seq.to_bytes(OSN_BYTES)
    copy[0] &= ~0x20
    rewrite(copy, type_byte(payload_type, marker=packet.marker), seq, packet.timestamp, ssrc)
    return copy


def unwrap_lost(packet: RtpPacket, *, payload_type: int, ssrc: int) -> bytearray | None:
    """The packet that was lost, as it was sent at first but for its padding.

    `payload_type` and `ssrc` are those of the original stream. None for a packet without payload:
    browsers probe the bandwidth with such padding. Raises Malformed for half a sequence number.
    """
    size = packet.payload_end - packet.payload_at
    if not size:
        return None
    if size < OSN_BYTES:
        raise Malformed(Reason.LENGTH, "a retransmission with half a sequence number")
    data = packet.data
    seq = data[packet.payload_at] << 8 | data[packet.payload_at + 1]
    copy = bytearray(data)
    del copy[packet.payload_end :]
    del copy[packet.payload_at : packet.payload_at + OSN_BYTES]
    copy[0] &= ~0x20
    rewrite(copy, type_byte(payload_type, marker=packet.marker), seq, packet.timestamp, ssrc)
    return copy
