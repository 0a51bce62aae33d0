"""What was agreed about a published track: `describe` reads it out of the two descriptions.

Nothing that it does not name is ever forwarded. Receivers get other numbers than the publisher
uses, the same ones in all calls (`sdp.OFFERED_CODECS`, `sdp.OFFERED_EXTENSIONS`), so a packet is
translated once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parlor.wire.webrtc.sdp import OFFERED_CODECS, Media


@dataclass(frozen=True, slots=True)
class LayerDescription:
    """One encoding. `height` of its pictures as far as it is known, 0 when it is not."""

    rid: str = ""
    height: int = 0


@dataclass(frozen=True, slots=True)
class TrackDescription:
    """Payload types and extension ids are the publisher's."""

    kind: str
    mid: str
    codec: str
    """A key of `sdp.OFFERED_CODECS`: what a receiver's `Slot` says."""
    clock_rate: int
    payload_types: Mapping[int, int]
    """To the receivers' ones."""
    rtx: Mapping[int, int]
    """Retransmission to what it repairs."""
    extensions: Mapping[str, int]
    """By URI."""
    layers: tuple[LayerDescription, ...]
    """Lowest first; exactly one without simulcast."""
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    """Of a track without simulcast whose publisher said them; otherwise packets tell."""
    feedback: frozenset[str] = frozenset()


def describe(
    offered: Media, answered: Media, heights: Mapping[str, int] | None = None
) -> TrackDescription | None:
    """What a section that a publisher offered and the worker answered amounts to.

    `heights` is what the publisher's program said of its layers by rid. Without it they are taken
    to be in the order of the answer, lowest first. None for a section without media to us.
    """
    if answered.rejected or not answered.codecs or not answered.direction.receives:
        return None
    first = answered.codecs[0]
    names = {first.name.lower()} if answered.kind == "video" else {"opus", "red"}
    codecs = [codec for codec in answered.codecs if codec.name.lower() in names]
    known = {
        codec.name.lower(): codec.payload_type
        for offers in OFFERED_CODECS.values()
        for codec in offers
        if codec.name != "rtx"
    }
    forwarded = {codec.payload_type: known[codec.name.lower()] for codec in codecs}
    is_red = any(codec.name.lower() == "red" for codec in codecs)
    key = {name.lower(): name for name in OFFERED_CODECS}["red" if is_red else first.name.lower()]
    flow = next((group.ssrcs for group in offered.groups if group.semantics == "FID"), None)
    alone = flow or tuple(ssrc.id for ssrc in offered.ssrcs[:1])
    layers = [
        LayerDescription(rid.id, (heights or {}).get(rid.id, 0)) for rid in answered.rids
    ] or [LayerDescription()]
    return TrackDescription(
        kind=answered.kind,
        mid=answered.mid,
        codec=key,
        clock_rate=first.clock_rate,
        payload_types=forwarded,
        rtx={
            codec.payload_type: int(codec.parameter("apt"))
            for codec in answered.codecs
            if codec.name.lower() == "rtx" and int(codec.parameter("apt")) in forwarded
        },
        extensions={extension.uri: extension.id for extension in answered.extensions},
        layers=tuple(sorted(layers, key=lambda layer: layer.height)),
        ssrc=alone[0] if alone and not answered.rids else None,
        rtx_ssrc=flow[1] if flow and len(flow) > 1 and not answered.rids else None,
        feedback=frozenset(first.feedback),
    )
