"""A published track and its layers: what has come of them, and what is kept.

Made and dropped by the `Router`, which also knows who gets them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parlor.sfu.forward.description import TrackDescription
from parlor.sfu.forward.history import History
from parlor.sfu.forward.key_wish import KeyWish
from parlor.sfu.forward.missing import Missing
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.pictures import PICTURES, PictureOf
from parlor.wire.webrtc.reception import MAX_DROPOUT, MAX_MISORDER, Reception
from parlor.wire.webrtc.sdp import OFFERED_CODECS, OFFERED_EXTENSIONS
from parlor.wire.webrtc.sequence import distance

PER_RECEIVER = frozenset({ExtensionKind.MID, ExtensionKind.TRANSPORT_SEQ})
"""What receivers get of their own instead of what the publisher said."""
ALIVE_S = 1.5
"""A layer that is silent for longer is not sent at present: a browser lowers its own load so."""
_RATE_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class ClockReport:
    """What a sender report said: `ntp` by the sender's clock was `timestamp`. It came at `at`."""

    ntp: int
    timestamp: int
    at: float


class Layer:
    """One incoming stream: the only one, or one encoding of simulcast.

    Owns its counts, what is missing of it, its history and the wish for a key frame. Who gets it is
    the router's.
    """

    __slots__ = (
        "_bump",
        "_octets_then",
        "_then",
        "began",
        "clock_rate",
        "heard_at",
        "height",
        "highest",
        "history",
        "missing",
        "octets",
        "packets",
        "picture_number",
        "rank",
        "rate",
        "reception",
        "report",
        "rid",
        "rtx_ssrc",
        "ssrc",
        "timestamp",
        "tl0",
        "track",
        "wish",
    )

    def __init__(self, track: Track, rank: int, rid: str, height: int, clock_rate: int) -> None:
        self.track = track
        self.rank = rank
        """0 for the lowest."""
        self.rid = rid
        self.height = height
        self.clock_rate = clock_rate
        self.ssrc: int | None = None
        self.rtx_ssrc: int | None = None
        self.reception: Reception | None = None
        self.history = History()
        self.missing = Missing()
        self.wish = KeyWish()
        self.highest = -1
        """The newest sequence number, long: its lower 16 bits are the packet's own. Only ever
        goes up, also when the publisher begins anew."""
        self.timestamp = 0
        self.began = 0
        """The number with which the publisher began (anew)."""
        self.heard_at: float | None = None
        self.packets = self.octets = 0
        """Forwarded ones; octets of payload."""
        self.picture_number: int | None = None
        self.tl0 = 0
        self.report: ClockReport | None = None
        self.rate = 0.0
        """Bits a second, of late."""
        self._bump = 0
        self._octets_then, self._then = 0, 0.0

    def listen(self, ssrc: int) -> None:
        """The layer comes from this source now; counts begin again with its first packet."""
        self.ssrc = ssrc
        self.reception = Reception(ssrc, self.clock_rate)

    def number(self, seq: int, timestamp: int, now: float) -> int | None:
        """Count a packet and give its long number; None when it is far from all others.

        A number of MAX_DROPOUT or more after `highest` is a publisher that begins anew.
        """
        reception = self.reception
        if reception is None:
            return None
        is_first = reception.highest < 0
        raw = reception.on_packet(seq, timestamp, now)
        if raw is None:
            return None
        if self.heard_at is None:
            self.highest = raw - 1
            self.began = raw
        ahead = raw + self._bump - self.highest
        if is_first or not -MAX_MISORDER <= ahead < MAX_DROPOUT:
            if self.heard_at is not None:
                self._bump = ((self.highest >> 16) + 2 << 16) - (raw & ~0xFFFF)
            self.began = raw + self._bump
            self.report = None
            self.missing.clear()
        self.heard_at = now
        return raw + self._bump

    def number_of_repaired(self, seq: int) -> int | None:
        """The long number of a packet that came by retransmission; None before any other."""
        if self.heard_at is None:
            return None
        return self.highest + distance(seq, self.highest & 0xFFFF)

    def is_alive(self, now: float) -> bool:
        return self.heard_at is not None and now - self.heard_at < ALIVE_S

    def measure(self, now: float) -> None:
        """Take the rate since the last time; called about twice a second."""
        passed = now - self._then
        if passed <= 0:
            return
        rate = (self.octets - self._octets_then) * 8 / passed
        # What begins is believed at once, so that no receiver is given more than it can take.
        weight = _RATE_WEIGHT if self.rate else 1.0
        self.rate += (rate - self.rate) * weight
        self._octets_then, self._then = self.octets, now


@dataclass(slots=True, eq=False)
class Track:
    """One published track."""

    owner: str
    """The participant, by any name: one may have several peers and tracks."""
    description: TrackDescription
    layers: tuple[Layer, ...] = ()
    allowed: bool = True
    """Whether its participant may send it at present."""
    is_video: bool = field(init=False)
    passed: tuple[tuple[int, int], ...] = field(init=False)
    """Extensions that go on as they are: the publisher's id and the receivers' one."""
    level_id: int = field(init=False)
    """Of the audio level; 0 when there is none."""
    picture_of: PictureOf | None = field(init=False)
    red_type: int = field(init=False)
    """The receivers' payload type of redundant audio; 0 when there is none."""
    retyped: dict[int, int] = field(init=False)
    """What blocks in redundant audio have to be called instead; empty when nothing."""
    rtx_payload_type: int = field(init=False)
    """The receivers' one; 0 when there is none."""

    def __post_init__(self) -> None:
        description = self.description
        self.is_video = description.kind == "video"
        left_out: set[str] = set(PER_RECEIVER)
        if len(description.layers) > 1:
            # Its frames are numbered for each layer, and a change would mix the numbers up.
            left_out.add(ExtensionKind.DEPENDENCY_DESCRIPTOR)
        self.passed = tuple(
            (id_, OFFERED_EXTENSIONS[uri])
            for uri, id_ in description.extensions.items()
            if uri in OFFERED_EXTENSIONS and uri not in left_out
        )
        self.level_id = description.extensions.get(ExtensionKind.AUDIO_LEVEL, 0)
        red = [codec for codec in OFFERED_CODECS[description.codec] if codec.name == "red"]
        self.red_type = red[0].payload_type if red else 0
        self.retyped = {
            theirs: ours
            for theirs, ours in description.payload_types.items()
            if self.red_type and theirs != ours
        }
        self.picture_of = PICTURES.get(description.codec.lower())
        repair = [codec for codec in OFFERED_CODECS[description.codec] if codec.name == "rtx"]
        self.rtx_payload_type = repair[0].payload_type if repair else 0
        self.layers = tuple(
            Layer(self, rank, layer.rid, layer.height, description.clock_rate)
            for rank, layer in enumerate(description.layers)
        )
