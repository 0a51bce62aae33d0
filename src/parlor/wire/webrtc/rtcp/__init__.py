"""RTCP: what senders and receivers of media tell each other (RFC 3550 §6, RFC 4585).

1. A decrypted datagram goes through `parse_compound`, which gives its packets in order. It may
   begin with any of them (reduced size, RFC 5506).
2. `build_compound` makes one from values. How large it may get, and how often one is sent, the
   caller decides.

Kinds that nobody reads here come as `Unread`. Hostile bytes raise `Malformed` and nothing else:
one wrong packet refuses its whole datagram. `reports` is about what arrived, `source` about who
sends, `feedback` about what a receiver wants, `transport_cc` about when each packet came.
"""

from parlor.wire.webrtc.rtcp.compound import (
    RtcpPacket,
    Unread,
    build_compound,
    parse_compound,
)
from parlor.wire.webrtc.rtcp.feedback import Fir, FirEntry, Nack, Pli, Remb
from parlor.wire.webrtc.rtcp.reports import ReceiverReport, ReportBlock, SenderReport
from parlor.wire.webrtc.rtcp.source import Application, Goodbye, SourceChunk, SourceDescription
from parlor.wire.webrtc.rtcp.transport_cc import TransportFeedback

__all__ = [
    "Application",
    "Fir",
    "FirEntry",
    "Goodbye",
    "Nack",
    "Pli",
    "ReceiverReport",
    "Remb",
    "ReportBlock",
    "RtcpPacket",
    "SenderReport",
    "SourceChunk",
    "SourceDescription",
    "TransportFeedback",
    "Unread",
    "build_compound",
    "parse_compound",
]
