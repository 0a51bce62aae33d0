"""What header extensions say: their names in the SDP, and their values.

A value of the wrong length raises Malformed. The dependency descriptor is handed on as it is.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from parlor.wire.webrtc.malformed import Malformed, Reason


class ExtensionKind(StrEnum):
    """The URI of `a=extmap` (RFC 8285 §5)."""

    AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
    RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    TRANSPORT_SEQ = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    ORIENTATION = "urn:3gpp:video-orientation"
    DEPENDENCY_DESCRIPTOR = (
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
    )


SEND_TIME_PERIOD_S = 64
"""After this long an absolute send time is the same again."""

_SEND_TIME_UNITS = 1 << 18
_IDENTIFIER = re.compile(rb"[0-9A-Za-z!#$%&'*+\-.^_`{|}~]+")
_RID = re.compile(rb"[0-9A-Za-z_-]+")


class AudioLevel(NamedTuple):
    """How loud a packet is (RFC 6464 §3): `below` dB under the loudest, 0 to 127 (silence)."""

    below: int
    is_voice: bool


class Orientation(NamedTuple):
    """How a picture has to be shown (3GPP TS 26.114 §7.4.5): turned by `clockwise` degrees (0, 90,
    180 or 270) after being mirrored when `is_flipped`."""

    clockwise: int
    is_flipped: bool = False
    is_back_camera: bool = False


def parse_audio_level(value: bytes) -> AudioLevel:
    number = _number(value, 1)
    return AudioLevel(number & 0x7F, bool(number & 0x80))


def build_audio_level(level: AudioLevel) -> bytes:
    return bytes([level.below | level.is_voice << 7])


def parse_mid(value: bytes) -> str:
    """A media section's name, a token of SDP (RFC 8843 §15)."""
    return _name(value, _IDENTIFIER)


def parse_rid(value: bytes) -> str:
    """A stream's name, also the repaired one's (RFC 8852 §3.1, with the letters of RFC 8851)."""
    return _name(value, _RID)


def build_name(name: str) -> bytes:
    """For mid and rid; up to 16 bytes fit in the one-byte form."""
    return name.encode("ascii")


def parse_transport_seq(value: bytes) -> int:
    """The sequence number that counts all packets of a transport
    (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2)."""
    return _number(value, 2)


def build_transport_seq(seq: int) -> bytes:
    """`seq` wraps around."""
    return (seq & 0xFFFF).to_bytes(2)


def parse_send_time(value: bytes) -> float:
    """When the packet left, in seconds of the sender's clock modulo 64."""
    return _number(value, 3) / _SEND_TIME_UNITS


def build_send_time(now_s: float) -> bytes:
    """To 4 µs. Any clock will do that goes on evenly."""
    return (round(now_s * _SEND_TIME_UNITS) & 0xFFFFFF).to_bytes(3)


def parse_orientation(value: bytes) -> Orientation:
    bits = _number(value, 1)
    return Orientation((bits & 3) * 90, bool(bits & 4), bool(bits & 8))


def build_orientation(orientation: Orientation) -> bytes:
    turned = orientation.clockwise // 90
    return bytes([turned | orientation.is_flipped << 2 | orientation.is_back_camera << 3])


def _number(value: bytes, size: int) -> int:
    if len(value) != size:
        raise Malformed(Reason.LENGTH, f"an extension of {len(value)} bytes instead of {size}")
    return int.from_bytes(value)


def _name(value: bytes, grammar: re.Pattern[bytes]) -> str:
    if grammar.fullmatch(value) is None:
        raise Malformed(Reason.SYNTAX, "a name that is no token")
    return value.decode("ascii")
