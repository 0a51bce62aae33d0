"""One peer's transport: ICE, then DTLS, then SRTP, over whatever path the peer chooses.

Owns the order of the three and the count of what was refused. Datagrams and `now` in, datagrams
and events out. It does not know who else is on the worker (`switchboard`) nor what the media
means (`router`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from parlor.sfu.forward.drop import Drop
from parlor.wire.webrtc.dtls import Dtls, DtlsContext, DtlsFailure, DtlsState
from parlor.wire.webrtc.ice_lite import ConsentLost, Credentials, IceLite, Path, Selected
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.rtcp import RtcpPacket, parse_compound
from parlor.wire.webrtc.sdp import Setup, Transport
from parlor.wire.webrtc.srtp import Srtp, SrtpRefusal
from parlor.wire.webrtc.stun import Message

Datagram = tuple[bytes, Path]

_SRTP_DROPS = {
    SrtpRefusal.FORGED: Drop.FORGED,
    SrtpRefusal.REPLAYED: Drop.REPLAYED,
    SrtpRefusal.MALFORMED: Drop.MALFORMED,
    SrtpRefusal.TOO_MANY: Drop.TOO_MANY,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """The peer is who its description said: media flows from now on."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The peer is somewhere else: what was on its way to `previous` is probably lost."""

    path: Path
    previous: Path | None


@dataclass(frozen=True, slots=True)
class Silent:
    """No consent any more: nothing is sent until the peer is heard again."""


@dataclass(frozen=True, slots=True)
class Ended:
    """DTLS is over, by the peer's good-bye (None) or by a failure. It does not begin again."""

    failure: DtlsFailure | None


TransportEvent = Opened | Moved | Silent | Ended


@dataclass(frozen=True, slots=True)
class Step:
    """What something led to. `agreed`: datagrams over that path are this peer's from now on."""

    datagrams: list[Datagram]
    events: tuple[TransportEvent, ...] = ()
    agreed: bool = False


class PeerTransport:
    """The connection to one browser. Whoever holds it calls `on_time` at `next_at` or sooner."""

    __slots__ = ("_context", "_dropped", "_dtls", "_ended", "_is_client", "ice", "path", "srtp")

    def __init__(self, context: DtlsContext, ours: Credentials) -> None:
        """`ours` is what the description of this end says. The peer is taken for the active side
        of DTLS until its description says otherwise, as a hello may come before that."""
        self._context = context
        self._dtls = Dtls(context, client=False)
        self._dropped: Counter[Drop] = Counter()
        self._ended = self._is_client = False
        self.ice = IceLite(ours)
        self.path: Path | None = None
        """Where to send; None without consent."""
        self.srtp: Srtp | None = None
        """Set once the peer is proven, until it ends."""

    @property
    def is_open(self) -> bool:
        return self.srtp is not None

    @property
    def next_at(self) -> float | None:
        """When `on_time` has something to do; None for never."""
        moments = [at for at in (self.ice.next_at, self._dtls.next_at) if at is not None]
        return min(moments, default=None)

    def dropped(self) -> Counter[Drop]:
        """How many datagrams were refused here, by reason, since the beginning."""
        counts = self._dropped + self._refused_by_srtp()
        counts[Drop.CHECK] += self.ice.refused.total()
        counts[Drop.DTLS] += self._dtls.dropped
        return +counts

    def describe(self, there: Transport, now: float) -> Step:
        """The peer's description came, for the first time or after an ICE restart.

        `there` is `sdp.peer_transport`: it has a role and fingerprints. A renegotiation without
        a restart brings the same again, which changes nothing.
        """
        self.ice.expect(there.ufrag)
        if there.setup is Setup.PASSIVE and not self._is_client:
            self._is_client = True
            self._dtls = Dtls(self._context, client=True)
        self._dtls.expect(there.fingerprints)
        events = self._progress()
        return Step(self._greeting(now), events)

    def restart(self, ours: Credentials, their_ufrag: str | None = None) -> None:
        """Begin ICE anew (`IceLite.restart`); DTLS and SRTP go on as they are."""
        self.ice.restart(ours, their_ufrag)

    def on_check(self, message: Message, path: Path, now: float) -> Step:
        """A parsed STUN message that was for this peer's ufrag, or came over its path."""
        outcome = self.ice.received(message, path, now)
        datagrams = [] if outcome.answer is None else [(outcome.answer, path)]
        events: tuple[TransportEvent, ...] = ()
        if isinstance(outcome.event, Selected):
            self.path = path
            events = (Moved(path, outcome.event.previous),)
            datagrams += self._greeting(now)
        return Step(datagrams, events, outcome.agreed)

    def on_dtls(self, datagram: bytes, path: Path, now: float) -> Step:
        """The answer goes back over `path`: a handshake can be faster than a nomination."""
        answers = self._dtls.received(datagram, now)
        events = self._progress()
        # Data channels are not spoken here: their messages must not wait for ever.
        self._dtls.take_messages()
        return Step([(answer, path) for answer in answers], events)

    def open_rtp(self, datagram: bytes) -> bytes | None:
        """The RTP packet in it; None, counted, when there is none. Never raises for bytes."""
        if self.srtp is None:
            self._dropped[Drop.EARLY] += 1
            return None
        return self.srtp.open(datagram)

    def open_rtcp(self, datagram: bytes) -> list[RtcpPacket]:
        """The packets in it; empty, counted, when it is none that may be believed."""
        if self.srtp is None:
            self._dropped[Drop.EARLY] += 1
            return []
        opened = self.srtp.open_rtcp(datagram)
        if opened is None:
            return []
        try:
            return parse_compound(opened)
        except Malformed:
            self._dropped[Drop.MALFORMED] += 1
            return []

    def on_time(self, now: float) -> Step:
        """What the passing of time led to: flights sent again, consent that ended."""
        flight = self._dtls.on_time(now)
        datagrams = [] if self.path is None else [(one, self.path) for one in flight]
        events = self._progress()
        event = self.ice.on_time(now)
        if isinstance(event, Selected):
            self.path = event.path
            events += (Moved(event.path, event.previous),)
        elif isinstance(event, ConsentLost):
            self.path = None
            events += (Silent(),)
        return Step(datagrams, events)

    def close(self) -> list[Datagram]:
        """Say good-bye. Nothing is opened or sent after it."""
        farewell = self._dtls.close()
        self._end()
        return [] if self.path is None else [(one, self.path) for one in farewell]

    def _greeting(self, now: float) -> list[Datagram]:
        """The first flight of an active end, once it knows where to; nothing at other times."""
        path = self.path
        if path is None or not self._dtls.waits_to_start:
            return []
        return [(one, path) for one in self._dtls.start(now)]

    def _progress(self) -> tuple[TransportEvent, ...]:
        """What became of DTLS since the last look."""
        dtls = self._dtls
        if dtls.state is DtlsState.OPEN and self.srtp is None and dtls.keys is not None:
            self.srtp = Srtp(dtls.keys)
            return (Opened(),)
        if dtls.state in (DtlsState.CLOSED, DtlsState.FAILED) and not self._ended:
            self._end()
            return (Ended(dtls.failure),)
        return ()

    def _end(self) -> None:
        self._ended = True
        self._dropped += self._refused_by_srtp()
        self.srtp = None

    def _refused_by_srtp(self) -> Counter[Drop]:
        if self.srtp is None:
            return Counter()
        return Counter({_SRTP_DROPS[why]: count for why, count in self.srtp.refused.items()})
