"""What the worker takes part in: its codecs, feedback and header extensions.

It forwards without decoding, so a codec is accepted when every browser in a call can be expected
to show it and its key frames and layers can be found in the packets.
"""

from __future__ import annotations

from dataclasses import dataclass

from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.sdp.description import Codec, Extension, Media

ABS_CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
"""Passed on unread, so nothing else knows them."""

_MAX_ONE_BYTE_ID = 14
"""Beyond it a packet needs the two-byte form (RFC 8285 §4.2), which costs each of them a byte
per extension; no browser offers that many."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Names in the order that this end prefers, which is the order that a browser then sends in."""

    audio: tuple[str, ...] = ("opus", "red")
    """With `red` first, browsers send each frame twice (RFC 2198)."""
    video: tuple[str, ...] = ("VP8", "VP9", "H264", "AV1")
    feedback: tuple[str, ...] = ("transport-cc", "ccm fir", "nack", "nack pli")
    extensions: tuple[str, ...] = (
        ExtensionKind.MID,
        ExtensionKind.RID,
        ExtensionKind.REPAIRED_RID,
        ExtensionKind.AUDIO_LEVEL,
        ExtensionKind.TRANSPORT_SEQ,
        ExtensionKind.ORIENTATION,
        ExtensionKind.DEPENDENCY_DESCRIPTOR,
        ABS_CAPTURE_TIME,
        PLAYOUT_DELAY,
    )
    max_layers: int = 3
    """Of simulcast; a browser does not send those that the answer leaves out (RFC 8853 §5.3.2)."""
    data_channels: bool = False
    max_message_size: int = 65_536


def choose_codecs(media: Media, accepted: Accepted) -> tuple[Codec, ...]:
    """The offered codecs that are accepted, best first, retransmission behind them.

    Of one codec in several profiles all that fit stay, in the order of the offer. Empty when
    nothing is left.
    """
    wanted = accepted.audio if media.kind == "audio" else accepted.video
    rank = {name.lower(): at for at, name in enumerate(wanted)}
    plain = [
        codec
        for codec in media.codecs
        if codec.name.lower() in rank and codec.name.lower() != "red" and _is_known(codec)
    ]
    carried = {str(codec.payload_type) for codec in plain}
    red = [
        codec
        for codec in media.codecs
        if "red" in rank
        and codec.kind == ("red", 48_000, 2)
        and set(codec.parameters.split("/")) <= carried
    ]
    rtx = [
        codec
        for codec in media.codecs
        if codec.kind == ("rtx", 90_000, 1) and codec.parameter("apt") in carried
    ]
    chosen = sorted([*plain, *red], key=lambda codec: rank[codec.name.lower()])
    return tuple(_with_feedback(codec, accepted) for codec in (*chosen, *rtx) if plain)


def choose_extensions(media: Media, accepted: Accepted) -> tuple[Extension, ...]:
    """The offered extensions that are accepted, under the ids of the offer (RFC 8285 §7).

    The time of sending is taken only from who cannot count packets for `transport-cc`.
    """
    offered = {extension.uri for extension in media.extensions}
    wanted: set[str] = set(accepted.extensions)
    if ExtensionKind.TRANSPORT_SEQ not in offered & wanted:
        wanted.add(ExtensionKind.ABS_SEND_TIME)
    chosen: dict[str, Extension] = {}
    for extension in media.extensions:
        if (
            extension.uri in wanted
            and extension.id <= _MAX_ONE_BYTE_ID
            and extension.direction is None
            and not extension.attributes
        ):
            chosen.setdefault(extension.uri, extension)
    return tuple(chosen.values())


def _is_known(codec: Codec) -> bool:
    match codec.kind:
        case ("opus", 48_000, 2) | ("vp8", 90_000, 1):
            return True
        case ("vp9", 90_000, 1):
            return codec.parameter("profile-id") in ("", "0")
        case ("av1", 90_000, 1):
            return codec.parameter("profile") in ("", "0")
        case ("h264", 90_000, 1):
            # Baseline in fragmented units is what all browsers decode (RFC 7742 §6.2).
            profile = codec.parameter("profile-level-id").lower()
            return codec.parameter("packetization-mode") == "1" and profile.startswith("42")
    return False


def _with_feedback(codec: Codec, accepted: Accepted) -> Codec:
    wanted = set(accepted.feedback)
    if "transport-cc" not in wanted & set(codec.feedback):
        wanted.add("goog-remb")
    return Codec(
        codec.payload_type,
        codec.name,
        codec.clock_rate,
        codec.channels,
        codec.parameters,
        tuple(kind for kind in codec.feedback if kind in wanted),
    )
