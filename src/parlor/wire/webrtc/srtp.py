"""SRTP and SRTCP of one peer (RFC 3711, RFC 7714): the only place where libsrtp is used.

Owns both directions and the count of what was refused. Keys come from `srtp_keys`; which packets
are RTP and which RTCP is `demux`'s question. Nothing here waits or reads a clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from pylibsrtp import Error, Policy, Session

from parlor.wire.webrtc.srtp_keys import SrtpKeys, SrtpProfile

MAX_PACKET_BYTES = 1_356
"""What libsrtp's buffer of 1,500 bytes leaves beside its longest trailer. Media over UDP stays
under 1,200; nothing longer is sent or opened."""
MAX_SOURCES = 256
"""Incoming SSRCs of one peer. libsrtp keeps a state for each, so there has to be a number."""

_PROFILES = {
    SrtpProfile.AEAD_AES_128_GCM: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SrtpProfile.AES128_CM_SHA1_80: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
_WINDOW = 1_024
"""Packets that may come late (RFC 3711 §3.3.2 wants 64 at least): at 3,000 a second, 0.3 s."""
_RTP_BYTES, _RTCP_BYTES = 12, 8
_Process = Callable[[bytes], bytes]


class SrtpRefusal(StrEnum):
    """Why a packet was not opened."""

    FORGED = "forged"
    """Made or changed by somebody without the key."""
    REPLAYED = "replayed"
    """Seen before, or older than the window."""
    MALFORMED = "malformed"
    """Too short, too long, or not what it says."""
    TOO_MANY = "too_many"
    """A genuine peer that uses more sources than it may."""


_REASONS = {
    "authentication failure": SrtpRefusal.FORGED,
    "cipher failure": SrtpRefusal.FORGED,
    "replay check failed (bad index)": SrtpRefusal.REPLAYED,
    "replay check failed (index too old)": SrtpRefusal.REPLAYED,
    "packet index is too old to consider": SrtpRefusal.REPLAYED,
}


class Srtp:
    """Protect what goes to a peer and open what comes from it."""

    __slots__ = ("_inbound", "_max_sources", "_outbound", "_sources", "refused")

    def __init__(self, keys: SrtpKeys, max_sources: int = MAX_SOURCES) -> None:
        self._outbound = _session(keys.profile, keys.ours, Policy.SSRC_ANY_OUTBOUND)
        self._inbound = _session(keys.profile, keys.theirs, Policy.SSRC_ANY_INBOUND)
        self._max_sources = max_sources
        self._sources: set[bytes] = set()
        self.refused: Counter[SrtpRefusal] = Counter()
        """How many packets were not opened, by reason."""

    @property
    def sources(self) -> int:
        """How many SSRCs of the peer have a state."""
        return len(self._sources)

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet for the peer. Raises ValueError for one that must not be sent.

        That is one over MAX_PACKET_BYTES, or a sequence number of its SSRC that was used before:
        two packets under one number would give the key away, so a retransmission has its own
        SSRC (RFC 4588) and an SSRC is never used again after `forget_source`.
        """
        return self._seal(self._outbound.protect, packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet for the peer. Raises ValueError beyond MAX_PACKET_BYTES."""
        return self._seal(self._outbound.protect_rtcp, packet)

    def open(self, packet: bytes) -> bytes | None:
        """The RTP packet that the peer sent; None, counted in `refused`, when it is none.

        Never raises for bytes, whatever they are.
        """
        return self._open(self._inbound.unprotect, packet, 8, _RTP_BYTES)

    def open_rtcp(self, packet: bytes) -> bytes | None:
        """As `open`, for RTCP."""
        return self._open(self._inbound.unprotect_rtcp, packet, 4, _RTCP_BYTES)

    def forget_source(self, ssrc: int) -> None:
        """The peer sends no more from `ssrc`: there is room for another one.

        Its replay window goes with it: what the peer sent from there could be replayed.
        """
        source = ssrc.to_bytes(4)
        if source in self._sources:
            self._sources.discard(source)
            self._inbound.remove_stream(ssrc)

    def _seal(self, seal: _Process, packet: bytes) -> bytes:
        if len(packet) > MAX_PACKET_BYTES:
            raise ValueError(f"a packet of {len(packet)} bytes")
        try:
            return seal(packet)
        except Error as fault:
            raise ValueError(str(fault)) from fault

    def _open(self, open_: _Process, packet: bytes, at: int, shortest: int) -> bytes | None:
        if not shortest <= len(packet) <= MAX_PACKET_BYTES:
            self.refused[SrtpRefusal.MALFORMED] += 1
            return None
        source = packet[at : at + 4]
        known = source in self._sources
        if not known and len(self._sources) >= self._max_sources:
            self.refused[SrtpRefusal.TOO_MANY] += 1
            return None
        try:
            opened = open_(packet)
        except Error as fault:
            self.refused[_REASONS.get(str(fault), SrtpRefusal.MALFORMED)] += 1
            return None
        if not known:
            self._sources.add(source)
        return opened


def _session(profile: SrtpProfile, key: bytes, which: int) -> Session:
    if len(key) != profile.key_bytes + profile.salt_bytes:
        raise ValueError(f"a key of {len(key)} bytes")
    policy = Policy(key=key, ssrc_type=which, srtp_profile=_PROFILES[profile])
    policy.window_size = _WINDOW
    return Session(policy=policy)
