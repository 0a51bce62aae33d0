"""All peers of a worker: which of them a datagram is from, and what goes out for a burst.

The one object that the worker's socket talks to. A path belongs to a peer once the peer's own check
came over it; datagrams over other paths are strangers', counted and dropped for the price of one
look-up, but for checks, which name whom they are for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from parlor.sfu.forward.drop import Drop
from parlor.sfu.forward.hearing import hear
from parlor.sfu.forward.peer import Peer
from parlor.sfu.forward.router import Router
from parlor.sfu.forward.transport import (
    Datagram,
    PeerTransport,
    Step,
    TransportEvent,
)
from parlor.sfu.forward.upkeep import TICK_S, Upkeep
from parlor.wire.webrtc.demux import Protocol, protocol_of
from parlor.wire.webrtc.dtls import DtlsContext
from parlor.wire.webrtc.ice_lite import Credentials, Path, target_of
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.sdp import Transport
from parlor.wire.webrtc.stun import parse_message

PEERS_S = 0.05
"""How often the timers of handshakes and of consent are looked at."""


@dataclass(frozen=True, slots=True)
class PeerChanged:
    peer: Peer
    event: TransportEvent


@dataclass(frozen=True, slots=True)
class SpeakerChanged:
    router: Router
    name: str


Event = PeerChanged | SpeakerChanged


class Switchboard:
    """`received` for each burst, `on_time` every TICK_S; both give what to send, in order.

    `take_events` afterwards says what became of peers. Times are monotonic seconds.
    """

    __slots__ = (
        "_by_path",
        "_by_ufrag",
        "_events",
        "_paths",
        "_peers",
        "_peers_at",
        "_routers",
        "_ufrags",
        "context",
        "dropped",
    )

    def __init__(self, context: DtlsContext) -> None:
        self.context = context
        self.dropped: Counter[Drop] = Counter()
        """Datagrams of nobody, by reason; those of a peer are in its own counts."""
        self._by_path: dict[Path, Peer] = {}
        self._by_ufrag: dict[str, Peer] = {}
        self._paths: dict[Peer, set[Path]] = {}
        self._ufrags: dict[Peer, tuple[str, ...]] = {}
        self._peers: dict[Peer, Router] = {}
        self._routers: dict[Router, Upkeep] = {}
        self._events: list[Event] = []
        self._peers_at = 0.0

    @property
    def paths(self) -> int:
        """How many addresses are known; at most `ice_lite.MAX_PATHS` for each peer."""
        return len(self._by_path)

    def add_router(self, now: float) -> Router:
        router = Router()
        self._routers[router] = Upkeep(router, now)
        return router

    def remove_router(self, router: Router) -> None:
        """Raises ValueError while it has peers: they have to be told first."""
        if router.peers:
            raise ValueError(f"a call with {len(router.peers)} peers")
        del self._routers[router]

    def add_peer(self, router: Router, name: str, ours: Credentials, ssrc: int) -> Peer:
        """A peer of the call, before or after its description came. `ours` and `ssrc` are random
        and new; raises ValueError for a ufrag that is taken."""
        if ours.ufrag in self._by_ufrag:
            raise ValueError("a ufrag that is taken")
        peer = Peer(name, PeerTransport(self.context, ours), ssrc)
        self._peers[peer] = router
        self._paths[peer] = set()
        self._ufrags[peer] = ()
        self._rename(peer, (ours.ufrag,))
        router.add_peer(peer)
        return peer

    def remove_peer(self, peer: Peer, now: float) -> list[Datagram]:
        """It leaves; gives its good-bye."""
        router = self._peers.pop(peer)
        router.remove_peer(peer, now)
        farewell = peer.transport.close()
        self._rename(peer, ())
        self._own(peer, set())
        del self._paths[peer], self._ufrags[peer]
        return farewell

    def describe(self, peer: Peer, there: Transport, now: float) -> list[Datagram]:
        """The peer's description came (`PeerTransport.describe`)."""
        return self._follow(peer, peer.transport.describe(there, now), now)

    def restart(self, peer: Peer, ours: Credentials, their_ufrag: str | None = None) -> None:
        """Begin ICE anew with other credentials; raises ValueError for a ufrag that is taken."""
        if ours.ufrag in self._by_ufrag:
            raise ValueError("a ufrag that is taken")
        peer.transport.restart(ours, their_ufrag)
        self._rename(peer, peer.transport.ice.ufrags)

    def received(self, burst: Sequence[Datagram], now: float) -> list[Datagram]:
        """Take what came, each with the path it came over. Never raises for bytes."""
        out: list[Datagram] = []
        touched: dict[Router, None] = {}
        by_path, peers = self._by_path, self._peers
        for datagram, path in burst:
            protocol = protocol_of(datagram)
            peer = by_path.get(path)
            if protocol is Protocol.STUN:
                out += self._check(datagram, path, now)
            elif peer is None:
                self.dropped[Drop.STRANGER] += 1
            elif protocol is Protocol.RTP:
                data = peer.transport.open_rtp(datagram)
                if data is not None:
                    router = peers[peer]
                    touched[router] = None
                    router.on_rtp(peer, data, now)
            elif protocol is Protocol.RTCP:
                router = peers[peer]
                touched[router] = None
                hear(router, peer, peer.transport.open_rtcp(datagram), now)
            elif protocol is Protocol.DTLS:
                out += self._follow(peer, peer.transport.on_dtls(datagram, path, now), now)
            else:
                self.dropped[Drop.PROTOCOL] += 1
        for router in touched:
            out += self._take(router, now)
        return out

    def on_time(self, now: float) -> list[Datagram]:
        """What is due. The worker calls it every TICK_S; late is no harm."""
        out: list[Datagram] = []
        if now >= self._peers_at:
            self._peers_at = now + PEERS_S
            for peer in list(self._peers):
                at = peer.transport.next_at
                if at is not None and now >= at:
                    out += self._follow(peer, peer.transport.on_time(now), now)
        for router, upkeep in self._routers.items():
            speaker = upkeep.on_time(now)
            if speaker is not None:
                self._events.append(SpeakerChanged(router, speaker))
            if router.outgoing:
                out += self._take(router, now)
        return out

    def take_events(self) -> list[Event]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    def _check(self, datagram: bytes, path: Path, now: float) -> list[Datagram]:
        try:
            message = parse_message(datagram)
        except Malformed:
            self.dropped[Drop.CHECK] += 1
            return []
        target = target_of(message)
        peer = None if target is None else self._by_ufrag.get(target)
        if peer is None:
            self.dropped[Drop.STRANGER] += 1
            return []
        step = peer.transport.on_check(message, path, now)
        if self._ufrags[peer] != peer.transport.ice.ufrags:
            # A restart is over: the names before it are nobody's.
            self._rename(peer, peer.transport.ice.ufrags)
        if step.agreed and self._by_path.get(path) is not peer:
            self._by_path[path] = peer
            self._own(peer, peer.transport.ice.known)
        return self._follow(peer, step, now)

    def _rename(self, peer: Peer, ufrags: tuple[str, ...]) -> None:
        for ufrag in self._ufrags[peer]:
            del self._by_ufrag[ufrag]
        for ufrag in ufrags:
            self._by_ufrag[ufrag] = peer
        self._ufrags[peer] = ufrags

    def _own(self, peer: Peer, paths: set[Path]) -> None:
        """Exactly these are the peer's; what ICE has forgotten of it is a stranger's again."""
        for path in self._paths[peer] - paths:
            if self._by_path.get(path) is peer:
                del self._by_path[path]
        for path in paths - self._paths[peer]:
            self._by_path[path] = peer
        self._paths[peer] = paths

    def _follow(self, peer: Peer, step: Step, now: float) -> list[Datagram]:
        """Tell the call what became of a peer's transport."""
        if step.events:
            router = self._peers[peer]
            router.refresh(peer, now)
            self._events += [PeerChanged(peer, event) for event in step.events]
        return step.datagrams

    def _take(self, router: Router, now: float) -> list[Datagram]:
        out, router.outgoing = router.outgoing, []
        for peer in router.peers:
            if peer.subscriptions:
                peer.bandwidth.on_sent(peer.transport_seq, now)
        return out


__all__ = ["TICK_S", "Event", "PeerChanged", "SpeakerChanged", "Switchboard"]
