"""Why a datagram went nowhere: few values, for a metric. Counted, never answered."""

from __future__ import annotations

from enum import StrEnum


class Drop(StrEnum):
    STRANGER = "stranger"
    """From a path that no peer's check has come over, or a check for nobody here."""
    PROTOCOL = "protocol"
    """Nothing that is spoken on a media port."""
    CHECK = "check"
    """A malformed check, or one that ICE refused."""
    DTLS = "dtls"
    """No record, or too late to matter."""
    EARLY = "early"
    """Media before the peer has proven who it is, or after it left."""
    FORGED = "forged"
    REPLAYED = "replayed"
    MALFORMED = "malformed"
    TOO_MANY = "too_many"
    """More sources than a peer may have."""
    NOT_PUBLISHED = "not_published"
    """Media that was never agreed on: another source, payload type, section or layer."""
    NOT_ALLOWED = "not_allowed"
    """Of a track that its participant may not send at present."""
    LATE = "late"
    """Too old for anybody to make use of it, or far from everything that came before."""
    DOUBLED = "doubled"
    """Came again by retransmission after it had come by itself."""
    TOO_BIG = "too_big"
    """Would be longer than a datagram may be, once it is sealed for a receiver."""
