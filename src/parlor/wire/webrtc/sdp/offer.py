"""The offer with which the worker forwards tracks to somebody, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.sdp.accepted import ABS_CAPTURE_TIME, PLAYOUT_DELAY
from parlor.wire.webrtc.sdp.description import (
    Codec,
    Direction,
    Extension,
    Media,
    Session,
    Setup,
    Transport,
)
from parlor.wire.webrtc.sdp.outgoing import Outgoing

_VIDEO_FEEDBACK = ("transport-cc", "ccm fir", "nack", "nack pli")


def _video(payload_type: int, name: str, parameters: str = "") -> tuple[Codec, ...]:
    return (
        Codec(payload_type, name, 90_000, 1, parameters, _VIDEO_FEEDBACK),
        Codec(payload_type + 1, "rtx", 90_000, 1, f"apt={payload_type}"),
    )


OFFERED_CODECS: Mapping[str, tuple[Codec, ...]] = MappingProxyType(
    {
        "opus": (Codec(111, "opus", 48_000, 2, "minptime=10;useinbandfec=1", ("transport-cc",)),),
        "red": (
            Codec(63, "red", 48_000, 2, "111/111", ("transport-cc",)),
            Codec(111, "opus", 48_000, 2, "minptime=10;useinbandfec=1", ("transport-cc",)),
        ),
        "VP8": _video(96, "VP8"),
        "VP9": _video(98, "VP9", "profile-id=0"),
        "AV1": _video(100, "AV1", "level-idx=5;profile=0;tier=0"),
        "H264": _video(
            102, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
        ),
    }
)
"""What stands in a section for each codec of a track. A payload type has one meaning in all
offers, so that packets for everybody are rewritten alike, whoever published them."""

OFFERED_EXTENSIONS: Mapping[str, int] = MappingProxyType(
    {
        ExtensionKind.MID: 1,
        ExtensionKind.TRANSPORT_SEQ: 2,
        ExtensionKind.AUDIO_LEVEL: 3,
        ExtensionKind.ORIENTATION: 4,
        ExtensionKind.DEPENDENCY_DESCRIPTOR: 5,
        ABS_CAPTURE_TIME: 6,
        PLAYOUT_DELAY: 7,
    }
)
"""Ids of header extensions, the same in all offers."""

_OF_VIDEO_ONLY = frozenset(
    {ExtensionKind.ORIENTATION, ExtensionKind.DEPENDENCY_DESCRIPTOR, PLAYOUT_DELAY}
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A section of the offer, which stays at its place for as long as the connection lives.

    A track that ended leaves the slot without one; the next track of that kind takes it over,
    so that a long call does not grow a longer offer with each who comes and goes.
    """

    mid: str
    codec: str
    """A key of OFFERED_CODECS."""
    track: Outgoing | None = None


def build_offer(slots: Sequence[Slot], here: Transport, *, id: int, version: int) -> Session:
    """Offer the tracks of `slots`, in their order, all on one transport.

    `here` has the worker's credentials, fingerprint and candidates. Slots are added at the end
    and never taken away (RFC 3264 §8); `version` grows with each offer of the same `id`.
    """
    media = [_section(slot) for slot in slots]
    for at, section in enumerate(media):
        transport = replace(here, setup=Setup.ACTPASS)
        if at:
            transport = replace(transport, candidates=(), end_of_candidates=False)
        media[at] = replace(section, transport=transport)
    return Session(
        id=id,
        version=version,
        media=tuple(media),
        bundles=(tuple(slot.mid for slot in slots),) if slots else (),
        ice_lite=True,
        mixed_extensions=True,
    )


def _section(slot: Slot) -> Media:
    codecs = OFFERED_CODECS[slot.codec]
    kind = "audio" if codecs[0].clock_rate == 48_000 else "video"
    left_out = _OF_VIDEO_ONLY if kind == "audio" else {ExtensionKind.AUDIO_LEVEL}
    track = slot.track
    return Media(
        kind=kind,
        protocol="UDP/TLS/RTP/SAVPF",
        mid=slot.mid,
        direction=Direction.INACTIVE if track is None else Direction.SENDONLY,
        codecs=codecs,
        extensions=tuple(
            Extension(id_, uri) for uri, id_ in OFFERED_EXTENSIONS.items() if uri not in left_out
        ),
        rtcp_mux=True,
        rtcp_rsize=True,
        msids=track.msids() if track else (),
        ssrcs=track.ssrcs() if track else (),
        groups=track.groups() if track else (),
    )
