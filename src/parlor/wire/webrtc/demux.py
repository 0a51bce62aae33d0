"""Which protocol a datagram on the media port belongs to, by its first two bytes.

One UDP port carries STUN, DTLS, SRTP and SRTCP (RFC 7983 §7, RFC 5761 §4). Looks at nothing else:
what it calls RTP may still be no RTP.
"""

from __future__ import annotations

from enum import Enum


class Protocol(Enum):
    """Where to take a datagram."""

    STUN = "stun"
    DTLS = "dtls"
    TURN_CHANNEL = "turn_channel"
    """ChannelData (RFC 8656 §12.4): only a client of a TURN server gets these."""
    RTP = "rtp"
    RTCP = "rtcp"
    UNKNOWN = "unknown"
    """Empty, or of a protocol that nobody speaks here (ZRTP, QUIC): drop it."""


def _by_first_byte(first: int) -> Protocol:
    if first <= 3:
        return Protocol.STUN
    if 20 <= first <= 63:
        return Protocol.DTLS
    if 64 <= first <= 79:
        return Protocol.TURN_CHANNEL
    if 128 <= first <= 191:
        return Protocol.RTP
    return Protocol.UNKNOWN


_TABLE = tuple(_by_first_byte(first) for first in range(256))


def protocol_of(datagram: bytes | bytearray | memoryview) -> Protocol:
    """RTCP is RTP whose second byte is 192 to 223: a payload type of 64 to 95 with the marker
    set, which no RTP stream beside RTCP may use (RFC 5761 §4)."""
    if not datagram:
        return Protocol.UNKNOWN
    protocol = _TABLE[datagram[0]]
    if protocol is Protocol.RTP and len(datagram) > 1 and 192 <= datagram[1] <= 223:
        return Protocol.RTCP
    return protocol
