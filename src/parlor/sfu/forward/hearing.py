"""What peers say about media in RTCP: what they miss, how it arrived, which time it is with them.

Lost packets are answered from the layer's history at once; wishes for key frames are only noted,
so that a room full of them is one request. What is said of sources that are not the peer's is
passed over: it is the peer's word about itself that counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlor.sfu.forward.peer import Peer
from parlor.sfu.forward.router import Router
from parlor.sfu.forward.track import ClockReport
from parlor.wire.webrtc.rtcp import (
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    TransportFeedback,
)

MAX_ANSWERED = 128
"""Lost packets named in one datagram that are looked for: who has lost more wants a key frame."""


def hear(router: Router, peer: Peer, packets: Sequence[RtcpPacket], now: float) -> None:
    """Take the packets of one datagram, in order. Never raises for what is in them."""
    answered = 0
    for packet in packets:
        match packet:
            case ReceiverReport():
                _on_blocks(peer, packet.blocks, now)
            case SenderReport():
                _on_sender_report(peer, packet, now)
                _on_blocks(peer, packet.blocks, now)
            case Nack():
                wanted = packet.lost[: MAX_ANSWERED - answered]
                answered += len(wanted)
                _on_nack(router, peer, packet.media_ssrc, wanted, now)
            case Pli():
                _on_key_wanted(router, peer, packet.media_ssrc)
            case Fir():
                for entry in packet.entries:
                    _on_key_wanted(router, peer, entry.ssrc)
            case TransportFeedback():
                peer.bandwidth.on_feedback(packet, now)
            case Remb():
                peer.bandwidth.on_remb(packet.bitrate)
            case _:
                pass


def _on_blocks(peer: Peer, blocks: Sequence[ReportBlock], now: float) -> None:
    fractions = []
    for block in blocks:
        subscription = peer.subscriptions.get(block.ssrc)
        if subscription is None:
            continue
        trip = subscription.round_trip(block.last_sr, block.since_last_sr, now)
        if trip is not None:
            peer.on_round_trip(trip)
        fractions.append(block.fraction_lost / 256)
    if fractions:
        peer.bandwidth.on_loss(sum(fractions) / len(fractions), now)


def _on_sender_report(peer: Peer, report: SenderReport, now: float) -> None:
    source = peer.sources.of(report.ssrc)
    if source is None or source[1]:
        return
    layer = source[0]
    layer.report = ClockReport(report.ntp, report.timestamp, now)
    if layer.reception is not None:
        layer.reception.on_sender_report(report.ntp, now)


def _on_nack(router: Router, peer: Peer, media_ssrc: int, lost: Sequence[int], now: float) -> None:
    subscription = peer.subscriptions.get(media_ssrc)
    if subscription is None or peer.path is None:
        return
    for seq in lost:
        whole = subscription.resend(seq, now, peer.round_trip_s)
        if whole is not None:
            router.outgoing.append((peer.protect(whole), peer.path))


def _on_key_wanted(router: Router, peer: Peer, ssrc: int) -> None:
    subscription = peer.subscriptions.get(ssrc)
    if subscription is not None and subscription.layer is not None:
        router.wish_key(subscription.layer)
