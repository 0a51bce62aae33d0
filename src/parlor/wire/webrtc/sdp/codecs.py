"""The codecs of a section: `rtpmap`, `fmtp` and `rtcp-fb` joined by payload type."""

from __future__ import annotations

from collections.abc import Sequence

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.description import Codec
from parlor.wire.webrtc.sdp.grammar import Attributes, number, token
from parlor.wire.webrtc.sdp.limits import SdpLimits

_WITHOUT_A_LINE = {
    0: ("PCMU", 8_000, 1),
    8: ("PCMA", 8_000, 1),
    9: ("G722", 8_000, 1),
    13: ("CN", 8_000, 1),
}
"""Payload types that need no `rtpmap` (RFC 3551 §6), those that browsers offer."""
_FOR_ALL = "*"
_MAX_RATE = 1_000_000_000


def parse_codecs(formats: Sequence[str], found: Attributes, limits: SdpLimits) -> tuple[Codec, ...]:
    """The codecs in the order of the `m=` line, which is the order of preference.

    Lines about payload types that are not in `formats` say nothing. Raises Malformed.
    """
    order = [number(word, 127) for word in formats]
    maps = _by_payload_type(found.all("rtpmap"))
    parameters = _by_payload_type(found.all("fmtp"))
    feedback: dict[str, list[str]] = {}
    for value in found.all("rtcp-fb"):
        word, _, kind = value.partition(" ")
        feedback.setdefault(word, []).append(kind)
    if any(len(kinds) > limits.max_feedback for kinds in feedback.values()):
        raise Malformed(Reason.TOO_MANY, "rtcp-fb")
    codecs: dict[int, Codec] = {}
    for payload_type in order:
        if payload_type in codecs:
            raise Malformed(Reason.REPEATED, "a payload type")
        if payload_type in maps:
            name, clock_rate, channels = _rtpmap(maps[payload_type])
        else:
            name, clock_rate, channels = _WITHOUT_A_LINE.get(payload_type, ("", 0, 1))
        # What is said for all counts for each (RFC 4585 §4.2).
        kinds = feedback.get(_FOR_ALL, []) + feedback.get(str(payload_type), [])
        if len(kinds) > limits.max_feedback:
            raise Malformed(Reason.TOO_MANY, "rtcp-fb")
        codecs[payload_type] = Codec(
            payload_type,
            name,
            clock_rate,
            channels,
            parameters.get(payload_type, ""),
            tuple(dict.fromkeys(kinds)),
        )
    return tuple(codecs.values())


def _by_payload_type(values: Sequence[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for value in values:
        word, _, rest = value.partition(" ")
        payload_type = number(word, 127)
        if payload_type in found:
            raise Malformed(Reason.REPEATED, "a line about a payload type")
        found[payload_type] = rest
    return found


def _rtpmap(value: str) -> tuple[str, int, int]:
    name, _, rest = value.partition("/")
    rate, slash, channels = rest.partition("/")
    return (
        token(name),
        number(rate, _MAX_RATE, 1),
        number(channels, 255, 1) if slash else 1,
    )
