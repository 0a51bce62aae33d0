"""A session description as values: what the lines of an offer or an answer say.

Frozen and without behaviour beyond questions about themselves. `parse_session` makes them,
`write_session` turns them back, `build_answer` and `build_offer` decide what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from parlor.wire.webrtc.sdp.candidate import Candidate


class Direction(StrEnum):
    """From the point of view of who wrote the description (RFC 8866 §6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> Direction:
        if sends:
            return cls.SENDRECV if receives else cls.SENDONLY
        return cls.RECVONLY if receives else cls.INACTIVE


class Setup(StrEnum):
    """Who begins the DTLS handshake (RFC 8842 §5): the active side is its client."""

    ACTPASS = "actpass"
    ACTIVE = "active"
    PASSIVE = "passive"
    HOLDCONN = "holdconn"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of a certificate (RFC 8122 §5); `algorithm` in lower case, as `sha-256`."""

    algorithm: str
    digest: bytes

    def __str__(self) -> str:
        return f"{self.algorithm} {self.digest.hex(':').upper()}"


@dataclass(frozen=True, slots=True)
class Transport:
    """What one end says about its ICE and DTLS. Lines before the first section count for all
    sections (RFC 8839 §5.4, RFC 8122 §5): parsing has put them into each of them.
    """

    ufrag: str = ""
    password: str = ""
    """Both are empty in a section that has none, as rejected ones."""
    ice_options: tuple[str, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    setup: Setup | None = None
    candidates: tuple[Candidate, ...] = ()
    end_of_candidates: bool = False


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type (RFC 8866 §6.6): `rtpmap`, `fmtp` and `rtcp-fb` of it.

    `name` is empty for a number below 96 that no line explains and that RFC 3551 does not.
    """

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    parameters: str = ""
    """As written, without the payload type: the format is each codec's own."""
    feedback: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[str, int, int]:
        """Equal for codecs that are the same but for their parameters: names have no case."""
        return self.name.lower(), self.clock_rate, self.channels

    def parameter(self, name: str) -> str:
        """The value of `name` in a list of `a=b;c=d`; empty when it is not there."""
        for part in self.parameters.split(";"):
            key, _, value = part.partition("=")
            if key.strip().lower() == name:
                return value.strip()
        return ""


@dataclass(frozen=True, slots=True)
class Extension:
    """An RTP header extension (RFC 8285 §5); no direction means that of the section."""

    id: int
    uri: str
    direction: Direction | None = None
    attributes: str = ""


@dataclass(frozen=True, slots=True)
class Ssrc:
    """A source and what is said of it (RFC 5576 §4.1), each as `name` or `name:value`."""

    id: int
    attributes: tuple[str, ...] = ()

    @property
    def cname(self) -> str:
        for attribute in self.attributes:
            if attribute.startswith("cname:"):
                return attribute.removeprefix("cname:")
        return ""


@dataclass(frozen=True, slots=True)
class SsrcGroup:
    """Sources that belong together (RFC 5576 §4.2): `FID` is media and its retransmission."""

    semantics: str
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Msid:
    """Which stream of the browser's a section belongs to (RFC 8830 §2); `-` is none."""

    stream: str
    track: str = ""


@dataclass(frozen=True, slots=True)
class Rid:
    """A layer of simulcast by name (RFC 8851 §4): `send` or `recv`, then its restrictions."""

    id: str
    sends: bool
    restrictions: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One name in `a=simulcast` (RFC 8853 §5.1); paused ones are written `~name`."""

    rid: str
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Simulcast:
    """Streams in both directions; each is a choice of alternatives, the first preferred."""

    send: tuple[tuple[Layer, ...], ...] = ()
    recv: tuple[tuple[Layer, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Sctp:
    """The data channels of a section (RFC 8841 §5, §6): 0 as size means without limit."""

    port: int
    max_message_size: int = 65_536


@dataclass(frozen=True, slots=True)
class Media:
    """One `m=` section. In `kind` "application" with `sctp`, codecs are empty."""

    kind: str
    protocol: str
    port: int = 9
    """0 rejects the section, or offers it inside a bundle only (RFC 9143 §6)."""
    mid: str = ""
    direction: Direction = Direction.SENDRECV
    transport: Transport = field(default_factory=Transport)
    codecs: tuple[Codec, ...] = ()
    extensions: tuple[Extension, ...] = ()
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    bundle_only: bool = False
    msids: tuple[Msid, ...] = ()
    ssrcs: tuple[Ssrc, ...] = ()
    groups: tuple[SsrcGroup, ...] = ()
    rids: tuple[Rid, ...] = ()
    simulcast: Simulcast | None = None
    sctp: Sctp | None = None
    formats: tuple[str, ...] = ()
    """What stands in the `m=` line of a section that is not RTP."""
    connection: str = "IN IP4 0.0.0.0"
    other: tuple[str, ...] = ()
    """Attributes that nothing here knows, as written and in their order."""

    @property
    def rejected(self) -> bool:
        return self.port == 0 and not self.bundle_only

    def codec(self, payload_type: int) -> Codec | None:
        return next((c for c in self.codecs if c.payload_type == payload_type), None)


@dataclass(frozen=True, slots=True)
class Session:
    """A whole description (RFC 8866 §5)."""

    id: int
    version: int
    media: tuple[Media, ...] = ()
    bundles: tuple[tuple[str, ...], ...] = ()
    """The mids of each BUNDLE group (RFC 9143 §7.1); the first one carries the transport."""
    ice_lite: bool = False
    mixed_extensions: bool = False
    """`extmap-allow-mixed`: one-byte and two-byte extensions in one stream (RFC 8285 §6)."""
    username: str = "-"
    address: str = "IN IP4 127.0.0.1"
    other: tuple[str, ...] = ()

    def section(self, mid: str) -> Media | None:
        return next((media for media in self.media if media.mid == mid), None)
