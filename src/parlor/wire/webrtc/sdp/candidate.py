"""One ICE candidate: the line in a description, and what trickles in by itself (RFC 8839 §5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.grammar import ICE_CHARS, TOKEN, number

MAX_CANDIDATE_BYTES = 1_024

_MAX_ADDRESS = 255
_TYPES = frozenset({"host", "srflx", "prflx", "relay"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address where somebody may be reached; it may be a name (`….local`) or IPv6."""

    foundation: str
    component: int
    protocol: str
    """`udp` or `tcp`, in lower case; others are read and never used."""
    priority: int
    address: str
    port: int
    type: str = "host"
    related: tuple[str, int] | None = None
    """Where a reflexive or relayed candidate comes from: `raddr` and `rport`."""
    extensions: tuple[tuple[str, str], ...] = ()
    """`tcptype` (RFC 6544 §4.5) and what browsers add: `generation`, `ufrag` …"""

    @property
    def tcp_type(self) -> str:
        return dict(self.extensions).get("tcptype", "")

    def __str__(self) -> str:
        """As a browser's `RTCIceCandidate.candidate` has it, with `candidate:` in front."""
        words = [
            f"candidate:{self.foundation}",
            str(self.component),
            self.protocol,
            str(self.priority),
            self.address,
            str(self.port),
            "typ",
            self.type,
        ]
        if self.related is not None:
            words += ["raddr", self.related[0], "rport", str(self.related[1])]
        for pair in self.extensions:
            words += pair
        return " ".join(words)


def parse_candidate(text: str) -> Candidate:
    """Read `candidate:…`, with or without `a=`. Raises Malformed for everything else.

    An empty text is no candidate: it is how a browser says that there are no more.
    """
    if len(text) > MAX_CANDIDATE_BYTES:
        raise Malformed(Reason.TOO_BIG, "a candidate over the limit")
    line = text.removeprefix("a=")
    if not line.startswith("candidate:"):
        raise Malformed(Reason.SYNTAX, "no candidate")
    words = line.removeprefix("candidate:").split(" ")
    if len(words) < 8 or words[6] != "typ" or len(words) % 2:
        raise Malformed(Reason.SYNTAX, "a candidate of another form")
    foundation, component, protocol, priority, address, port = words[:6]
    if not ICE_CHARS.fullmatch(foundation) or len(foundation) > 32:
        raise Malformed(Reason.SYNTAX, "a candidate's foundation")
    if words[7] not in _TYPES:
        raise Malformed(Reason.VALUE, "a candidate of unknown type")
    pairs = list(zip(words[8::2], words[9::2], strict=True))
    if any(not TOKEN.fullmatch(name) or not _printed(value) for name, value in pairs):
        raise Malformed(Reason.SYNTAX, "a candidate's extension")
    related = None
    if len(pairs) >= 2 and pairs[0][0] == "raddr" and pairs[1][0] == "rport":
        related = _address(pairs[0][1]), number(pairs[1][1], 65_535)
        pairs = pairs[2:]
    return Candidate(
        foundation=foundation,
        component=number(component, 256),
        protocol=_token(protocol).lower(),
        priority=number(priority, 2**32 - 1),
        address=_address(address),
        port=number(port, 65_535),
        type=words[7],
        related=related,
        extensions=tuple(pairs),
    )


def _printed(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value and value != ""


def _address(word: str) -> str:
    if len(word) > _MAX_ADDRESS or not _printed(word):
        raise Malformed(Reason.SYNTAX, "a candidate's address")
    return word


def _token(word: str) -> str:
    if not TOKEN.fullmatch(word):
        raise Malformed(Reason.SYNTAX, "a candidate's protocol")
    return word
