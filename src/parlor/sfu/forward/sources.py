"""Which layer a packet of a publisher belongs to, by its SSRC.

Some SSRCs are in the description. Others, with simulcast all, are learned from the first packets,
which carry the name of their section and their layer (RFC 8843 §9.2, RFC 8852 §3). A layer has one
source and one for its retransmission at a time, so what a peer can make grow is bounded by what it
was allowed to publish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parlor.sfu.forward.track import Layer, Track
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.rtp import RtpPacket

Source = tuple[Layer, bool]
"""And whether it is the layer's retransmission."""


class Sources:
    """`forget` is told of SSRCs that are used no more (`Srtp.forget_source`)."""

    __slots__ = ("_by_ssrc", "_forget", "_tracks")

    def __init__(self, forget: Callable[[int], None]) -> None:
        self._by_ssrc: dict[int, Source] = {}
        self._tracks: list[Track] = []
        self._forget = forget

    def __len__(self) -> int:
        return len(self._by_ssrc)

    def add(self, track: Track) -> None:
        self._tracks.append(track)
        (layer, *others), description = track.layers, track.description
        if not others:
            if description.ssrc is not None:
                self._bind(description.ssrc, layer, is_repair=False)
            if description.rtx_ssrc is not None:
                self._bind(description.rtx_ssrc, layer, is_repair=True)

    def remove(self, track: Track) -> None:
        self._tracks.remove(track)
        for ssrc in [ssrc for ssrc, (layer, _) in self._by_ssrc.items() if layer.track is track]:
            self._unbind(ssrc)

    def of(self, ssrc: int) -> Source | None:
        """The hot path: a source that is known."""
        return self._by_ssrc.get(ssrc)

    def learn(self, packet: RtpPacket, values: Mapping[int, bytes]) -> Source | None:
        """Find out by the packet's own words, or by its payload type when only one track can be
        meant; None when it is of nothing that was agreed on."""
        for track in self._tracks:
            source = self._match(track, packet, values)
            if source is not None:
                self._bind(packet.ssrc, *source)
                return source
        return None

    def _match(self, track: Track, packet: RtpPacket, values: Mapping[int, bytes]) -> Source | None:
        description = track.description
        is_repair = packet.payload_type in description.rtx
        if not is_repair and packet.payload_type not in description.payload_types:
            return None
        named = values.get(description.extensions.get(ExtensionKind.MID, 0))
        if named is None:
            # Without a name only a type that no other track has says enough.
            rivals = [
                other
                for other in self._tracks
                if packet.payload_type in (*other.description.rtx, *other.description.payload_types)
            ]
            if len(rivals) > 1:
                return None
        elif named != description.mid.encode():
            return None
        if len(track.layers) == 1:
            return track.layers[0], is_repair
        kind = ExtensionKind.REPAIRED_RID if is_repair else ExtensionKind.RID
        rid = values.get(description.extensions.get(kind, 0))
        for layer in track.layers:
            if rid == layer.rid.encode():
                return layer, is_repair
        return None

    def _bind(self, ssrc: int, layer: Layer, is_repair: bool) -> None:
        before = layer.rtx_ssrc if is_repair else layer.ssrc
        if before is not None and before != ssrc:
            self._unbind(before)
        if is_repair:
            layer.rtx_ssrc = ssrc
        else:
            layer.listen(ssrc)
        self._by_ssrc[ssrc] = (layer, is_repair)

    def _unbind(self, ssrc: int) -> None:
        if self._by_ssrc.pop(ssrc, None) is not None:
            self._forget(ssrc)
