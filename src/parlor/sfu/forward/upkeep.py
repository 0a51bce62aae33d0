"""What a call owes by time: requests upstream, reports both ways, and who gets which layer.

`on_time` is called every TICK_S and does what is due; a call of which nothing is missing costs a
few comparisons a tick.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlor.sfu.forward.layer_choice import Offer, Wish, choose_layers
from parlor.sfu.forward.peer import Peer
from parlor.sfu.forward.router import Router, Watch
from parlor.wire.webrtc.rtcp import Nack, Pli, ReceiverReport, Remb, RtcpPacket

TICK_S = 0.01
FEEDBACK_S = 0.1
CHOICE_S = 0.25
MEASURE_S = 0.5
REPORT_S = 1.0
PUBLISHED_BPS = 5_000_000
"""What a publisher may send that cannot count its packets, but takes a limit (REMB)."""
_MAX_BLOCKS = 31
_MAX_REPORTS = 40
"""In one datagram."""


class Upkeep:
    """The appointments of one `Router`."""

    __slots__ = ("_choice_at", "_feedback_at", "_measure_at", "_report_at", "_router", "_sent")

    def __init__(self, router: Router, now: float) -> None:
        self._router = router
        self._feedback_at = now + FEEDBACK_S
        self._choice_at = now + CHOICE_S
        self._measure_at = now + MEASURE_S
        self._report_at = now + REPORT_S
        self._sent: dict[Peer, tuple[int, float]] = {}

    def on_time(self, now: float) -> str | None:
        """Do what is due. Gives the new active speaker when that has changed."""
        self._ask(now)
        speaker = None
        if now >= self._feedback_at:
            self._feedback_at = now + FEEDBACK_S
            self._tell_arrivals()
            speaker = self._router.speakers.on_time(now)
        if now >= self._measure_at:
            self._measure_at = now + MEASURE_S
            self._measure(now)
        if now >= self._choice_at or speaker is not None:
            self._choice_at = now + CHOICE_S
            for peer in self._router.peers:
                self._choose(peer, now)
        if now >= self._report_at:
            self._report_at = now + REPORT_S
            for peer in self._router.peers:
                self._report(peer, now)
        return speaker

    def _send(self, peer: Peer, packets: Sequence[RtcpPacket]) -> None:
        self._router.outgoing += peer.rtcp(packets)

    def _ask(self, now: float) -> None:
        """For lost packets and key frames, of the layers that lack some."""
        router = self._router
        for layer, peer in router.take_needy():
            if layer.ssrc is None:
                # Nothing has come from it yet: whom to ask is not known.
                continue
            packets: list[RtcpPacket] = []
            lost = layer.missing.due(now, peer.round_trip_s)
            if lost:
                packets.append(Nack(peer.ssrc, layer.ssrc, tuple(seq & 0xFFFF for seq in lost)))
            if layer.wish.wanted and not router.is_wanted(layer):
                layer.wish.on_key()
            if layer.wish.due(now, peer.round_trip_s):
                packets.append(Pli(peer.ssrc, layer.ssrc))
            self._send(peer, packets)
            if not layer.missing and not layer.wish.wanted:
                router.content(layer)

    def _tell_arrivals(self) -> None:
        for peer in self._router.peers:
            if peer.arrivals.pending:
                media = next(iter(_sources(peer)), peer.ssrc)
                for feedback in peer.arrivals.feedback(peer.ssrc, media):
                    self._send(peer, [feedback])

    def _measure(self, now: float) -> None:
        for track in self._router.tracks:
            for layer in track.layers:
                layer.measure(now)
                layer.history.forget_old(now)
        for peer in self._router.peers:
            if not peer.subscriptions:
                continue
            octets = sum(one.octets for one in peer.watches)
            before, at = self._sent.get(peer, (octets, now - MEASURE_S))
            peer.bandwidth.sent_bps = max(0, octets - before) * 8 / max(now - at, 1e-3)
            self._sent[peer] = (octets, now)
            peer.bandwidth.on_time(now)
        for gone in self._sent.keys() - set(self._router.peers):
            del self._sent[gone]

    def _choose(self, peer: Peer, now: float) -> None:
        """The layers of all videos to one receiver, out of its bandwidth less its audio."""
        watches = peer.watches
        videos = [one for one in watches if one.track.is_video]
        if not videos or peer.path is None:
            return
        shown = self._shown()
        audio = sum(one.track.layers[0].rate for one in watches if not one.track.is_video)
        wishes = [
            _wish(one, now, is_shown=shown is None or one.track.owner in shown) for one in videos
        ]
        chosen = choose_layers(wishes, peer.bandwidth.bits_per_s - audio)
        for subscription, wish, rank in zip(videos, wishes, chosen, strict=True):
            layers = subscription.track.layers
            if rank is not None:
                self._router.aim(subscription, layers[rank], now)
            elif wish.height == 0 or any(layer.is_alive for layer in wish.layers):
                self._router.aim(subscription, None, now)
            elif subscription.target is None:
                self._router.aim(subscription, layers[0], now)

    def _shown(self) -> set[str] | None:
        router = self._router
        return None if router.last_n is None else set(router.speakers.recent[: router.last_n])

    def _report(self, peer: Peer, now: float) -> None:
        blocks = [
            layer.reception.report(now)
            for track in peer.tracks
            for layer in track.layers
            if layer.reception is not None and layer.reception.received
        ]
        for at in range(0, len(blocks), _MAX_BLOCKS):
            packets: list[RtcpPacket] = [
                ReceiverReport(peer.ssrc, tuple(blocks[at : at + _MAX_BLOCKS]))
            ]
            if not at and any("goog-remb" in t.description.feedback for t in peer.tracks):
                packets.append(Remb(peer.ssrc, PUBLISHED_BPS, tuple(_sources(peer))))
            self._send(peer, packets)
        reports = [report for one in peer.watches if (report := one.report(now)) is not None]
        for at in range(0, len(reports), _MAX_REPORTS):
            self._send(peer, reports[at : at + _MAX_REPORTS])


def _sources(peer: Peer) -> list[int]:
    return [
        layer.ssrc for track in peer.tracks for layer in track.layers if layer.ssrc is not None
    ][:16]


def _wish(subscription: Watch, now: float, *, is_shown: bool) -> Wish:
    layers = subscription.track.layers
    present = subscription.layer
    return Wish(
        [Offer(layer.height, layer.rate, layer.is_alive(now)) for layer in layers],
        subscription.height if is_shown or subscription.priority else 0,
        subscription.priority,
        None if present is None else present.rank,
    )
