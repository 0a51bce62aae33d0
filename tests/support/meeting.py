"""A whole meeting in virtual time: a switchboard, browsers' ends, and a network between them."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from itertools import count

from parlor.sfu.forward.description import LayerDescription, TrackDescription
from parlor.sfu.forward.peer import Peer
from parlor.sfu.forward.router import Watch
from parlor.sfu.forward.switchboard import TICK_S, Event, Switchboard
from parlor.sfu.forward.track import Track
from parlor.wire.webrtc.certificate import make_certificate
from parlor.wire.webrtc.dtls import DtlsContext
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.ice_lite import ENTROPY_BYTES, Path, make_credentials
from parlor.wire.webrtc.stun_attributes import Address
from tests.support.media_peer import (
    EXTENSIONS,
    OPUS,
    RTX,
    VP8,
    Camera,
    MediaPeer,
    Microphone,
)
from tests.support.screen import Screen

WORKER = DtlsContext(make_certificate(1_800_000_000))
BROWSER = DtlsContext(make_certificate(1_800_000_000))
_FEEDBACK = frozenset({"nack", "nack pli", "ccm fir", "transport-cc"})


def audio_description(mid: str = "0", ssrc: int | None = None) -> TrackDescription:
    return TrackDescription(
        "audio",
        mid,
        "opus",
        48_000,
        {OPUS: 111},
        {},
        EXTENSIONS,
        (LayerDescription(),),
        ssrc,
        feedback=frozenset({"transport-cc"}),
    )


def video_description(
    mid: str = "1", heights: tuple[int, ...] = (), ssrc: int | None = None
) -> TrackDescription:
    """With `heights` it is simulcast of the layers q, h and f."""
    layers = tuple(
        LayerDescription(rid, height) for rid, height in zip("qhf", heights, strict=False)
    )
    return TrackDescription(
        "video",
        mid,
        "VP8",
        90_000,
        {VP8: 96},
        {RTX: VP8},
        {uri: id_ for uri, id_ in EXTENSIONS.items() if uri != ExtensionKind.AUDIO_LEVEL},
        layers or (LayerDescription(),),
        ssrc,
        feedback=_FEEDBACK,
    )


@dataclass(slots=True)
class Someone:
    """Both ends of one peer connection."""

    browser: MediaPeer
    peer: Peer
    tracks: list[Track] = field(default_factory=list)
    watches: dict[Track, Watch] = field(default_factory=dict)


@dataclass
class Meeting:
    """`loss`, `delay_s` and the rest may be changed on the way; both directions are alike."""

    seed: int = 0
    loss: float = 0.0
    delay_s: float = 0.02
    jitter_s: float = 0.0
    doubled: float = 0.0
    now: float = 0.0
    people: dict[str, Someone] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    sent: int = 0
    bits_per_s: float | None = None
    """What the way from the worker to each browser carries; None for anything."""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.board = Switchboard(WORKER)
        self.router = self.board.add_router(self.now)
        self._flying: list[tuple[float, int, Path | None, Path, bytes]] = []
        self._order = count()
        self._next_ssrc = count(0x5EED_0001, 0x1_0003)
        self._free_at: dict[Path, float] = {}

    def join(self, name: str, *, described: bool = True) -> Someone:
        path = Path(Address(f"198.51.100.{len(self.people) + 1}", 4_000))
        ours = make_credentials(self.dice.randbytes(ENTROPY_BYTES))
        someone = Someone(
            MediaPeer(name, BROWSER, path),
            self.board.add_peer(self.router, name, ours, next(self._next_ssrc)),
        )
        someone.browser.connect(ours, WORKER.fingerprint)
        self.people[name] = someone
        if described:
            self.describe(someone)
        return someone

    def describe(self, someone: Someone) -> None:
        self._send_all(self.board.describe(someone.peer, someone.browser.transport, self.now))

    def leave(self, name: str) -> None:
        someone = self.people.pop(name)
        self.board.remove_peer(someone.peer, self.now)

    def speaks(self, someone: Someone, level: int = 30) -> Track:
        microphone = Microphone("0", next(self._next_ssrc), level=level, next_at=self.now)
        someone.browser.microphones.append(microphone)
        track = self.router.publish(someone.peer, audio_description())
        someone.tracks.append(track)
        return track

    def films(self, someone: Someone, *sizes: int, packets: int = 4) -> Track:
        """`sizes`: heights of the layers, lowest first; without any it is one stream."""
        for rank, rid in enumerate("qhf"[: len(sizes)] or [""]):
            someone.browser.cameras.append(
                Camera(
                    "1",
                    rid,
                    next(self._next_ssrc),
                    next(self._next_ssrc),
                    packets=packets * 2**rank,
                    first_timestamp=self.dice.getrandbits(32),
                    seq=self.dice.getrandbits(16),
                    frame=self.dice.getrandbits(14),
                    next_at=self.now,
                )
            )
        track = self.router.publish(someone.peer, video_description("1", sizes))
        someone.tracks.append(track)
        return track

    def watches(self, someone: Someone, track: Track) -> Screen:
        ssrc, rtx_ssrc = next(self._next_ssrc), next(self._next_ssrc)
        screen = someone.browser.watch(ssrc, rtx_ssrc, is_video=track.is_video)
        mid = str(len(someone.watches))
        repair = rtx_ssrc if track.is_video else None
        someone.watches[track] = self.router.subscribe(someone.peer, track, mid, ssrc, repair)
        return screen

    def run(self, seconds: float) -> None:
        """Let that much time pass, a tick at a time."""
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += TICK_S
            burst: dict[float, list[tuple[bytes, Path]]] = {}
            while self._flying and self._flying[0][0] <= self.now:
                at, _, to, path, datagram = heapq.heappop(self._flying)
                if to is None:
                    burst.setdefault(at, []).append((datagram, path))
                    continue
                self._deliver(to, datagram, at)
            for at, datagrams in burst.items():
                self._send_all(self.board.received(datagrams, at), at)
            self._send_all(self.board.on_time(self.now))
            for someone in self.people.values():
                self._up(someone.browser.on_time(self.now), someone.browser.path, self.now)
            self.events += self.board.take_events()

    def throw(self, datagrams: list[bytes], path: Path) -> None:
        """At the worker, from anywhere, at once."""
        self._send_all(self.board.received([(one, path) for one in datagrams], self.now))

    def _deliver(self, to: Path, datagram: bytes, at: float) -> None:
        for someone in self.people.values():
            if someone.browser.path == to:
                self._up(someone.browser.received(datagram, at), to, at)

    def _up(self, datagrams: list[bytes], path: Path, at: float) -> None:
        for datagram in datagrams:
            self._fly(None, path, datagram, at)

    def _send_all(self, datagrams: list[tuple[bytes, Path]], since: float | None = None) -> None:
        sent_at = self.now if since is None else since
        for datagram, path in datagrams:
            self.sent += 1
            at = sent_at
            if self.bits_per_s is not None:
                # A queue of half a second at most, as a home router has.
                at = max(sent_at, self._free_at.get(path, 0.0))
                if at - sent_at > 0.5:
                    continue
                at += len(datagram) * 8 / self.bits_per_s
                self._free_at[path] = at
            self._fly(path, path, datagram, at)

    def _fly(self, to: Path | None, path: Path, datagram: bytes, since: float) -> None:
        if self.dice.random() < self.loss:
            return
        for _ in range(1 + (self.dice.random() < self.doubled)):
            at = since + self.delay_s + self.dice.random() * self.jitter_s
            heapq.heappush(self._flying, (at, next(self._order), to, path, datagram))
