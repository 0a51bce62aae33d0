"""One peer connection in a call: what it publishes and what it gets, over one transport.

A participant has one for both directions or one for each; the worker does not care. Made by the
`Switchboard`, given to a `Router`; neither I/O nor policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from parlor.sfu.forward.arrivals import Arrivals
from parlor.sfu.forward.bandwidth import Bandwidth
from parlor.sfu.forward.drop import Drop
from parlor.sfu.forward.sources import Sources
from parlor.sfu.forward.subscription import Subscription
from parlor.sfu.forward.track import Track
from parlor.sfu.forward.transport import Datagram, PeerTransport
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.ice_lite import Path
from parlor.wire.webrtc.rtcp import RtcpPacket, build_compound
from parlor.wire.webrtc.srtp import Srtp

FIRST_ROUND_TRIP_S = 0.1
"""Taken for granted until one was seen."""
_WEIGHT = 0.2


class Peer:
    __slots__ = (
        "_used",
        "arrivals",
        "bandwidth",
        "dropped",
        "name",
        "path",
        "protect",
        "round_trip_s",
        "sources",
        "srtp",
        "ssrc",
        "subscriptions",
        "tracks",
        "transport",
        "transport_seq",
        "transport_seq_id",
    )

    def __init__(self, name: str, transport: PeerTransport, ssrc: int) -> None:
        """`name`: the participant's. `ssrc`: a random one, in which name this end reports."""
        self.name = name
        self.transport = transport
        self.ssrc = ssrc
        self.srtp: Srtp | None = None
        self.protect = _refuse
        """Seals an RTP packet for it; `path` says whether that is of any use."""
        self.path: Path | None = None
        """Where media for it goes; None before it is open and while there is no consent."""
        self.tracks: list[Track] = []
        self.sources = Sources(self.forget_source)
        self.subscriptions: dict[int, Subscription[Peer]] = {}
        """By SSRC and by the retransmission's SSRC."""
        self.arrivals = Arrivals()
        self.bandwidth = Bandwidth()
        self.round_trip_s = FIRST_ROUND_TRIP_S
        self.transport_seq = 0
        self.transport_seq_id = 0
        """Of the extension in what it sends; 0 when it has none."""
        self.dropped: Counter[Drop] = Counter()
        """Packets that opened and were not forwarded, by reason."""
        self._used: set[int] = set()

    @property
    def watches(self) -> list[Subscription[Peer]]:
        return [one for ssrc, one in self.subscriptions.items() if ssrc == one.ssrc]

    def refresh(self) -> bool:
        """Take over what became of the transport; whether media may go to it now."""
        srtp = self.transport.srtp
        if srtp is not self.srtp:
            self.srtp = srtp
            self.protect = _refuse if srtp is None else srtp.protect
        self.path = None if srtp is None else self.transport.path
        return self.path is not None

    def add_track(self, track: Track) -> None:
        self.tracks.append(track)
        self.sources.add(track)
        number = track.description.extensions.get(ExtensionKind.TRANSPORT_SEQ)
        if number is not None:
            self.transport_seq_id = number

    def remove_track(self, track: Track) -> None:
        self.tracks.remove(track)
        self.sources.remove(track)

    def add_subscription(self, subscription: Subscription[Peer]) -> None:
        """Raises ValueError for an SSRC that was used with this peer before: two packets with one
        number under one key would give the key away."""
        wanted = [one for one in (subscription.ssrc, subscription.rtx_ssrc) if one is not None]
        if self._used.intersection(wanted) or len(set(wanted)) != len(wanted):
            raise ValueError("an SSRC that was used before")
        self._used.update(wanted)
        for ssrc in wanted:
            self.subscriptions[ssrc] = subscription

    def remove_subscription(self, subscription: Subscription[Peer]) -> None:
        self.subscriptions.pop(subscription.ssrc, None)
        if subscription.rtx_ssrc is not None:
            self.subscriptions.pop(subscription.rtx_ssrc, None)

    def on_round_trip(self, seconds: float) -> None:
        if self.round_trip_s == FIRST_ROUND_TRIP_S:
            self.round_trip_s = seconds
        else:
            self.round_trip_s += (seconds - self.round_trip_s) * _WEIGHT

    def rtcp(self, packets: Sequence[RtcpPacket]) -> list[Datagram]:
        """`packets` sealed for it; nothing while nothing may be sent to it."""
        if self.path is None or self.srtp is None or not packets:
            return []
        return [(self.srtp.protect_rtcp(build_compound(packets)), self.path)]

    def forget_source(self, ssrc: int) -> None:
        """Nothing of this SSRC is expected: SRTP need not remember it."""
        if self.srtp is not None:
            self.srtp.forget_source(ssrc)


def _refuse(packet: bytes) -> bytes:
    raise ValueError(f"a packet of {len(packet)} bytes for a peer that is not open")
