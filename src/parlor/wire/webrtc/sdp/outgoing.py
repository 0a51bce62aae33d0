"""One track that the worker sends to somebody, as a description names it."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.wire.webrtc.sdp.description import Msid, Ssrc, SsrcGroup


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`stream` and `track` are the ids that the receiver's browser shows; tracks of one stream
    are played in step, which `cname` has to agree with (RFC 8834 §4.9)."""

    stream: str
    track: str
    cname: str
    ssrc: int
    rtx_ssrc: int | None = None
    """Where retransmissions go (RFC 4588 §5.3); None sends them not at all, as for audio."""

    def msids(self) -> tuple[Msid, ...]:
        return (Msid(self.stream, self.track),)

    def ssrcs(self) -> tuple[Ssrc, ...]:
        ids = (self.ssrc,) if self.rtx_ssrc is None else (self.ssrc, self.rtx_ssrc)
        return tuple(Ssrc(id_, (f"cname:{self.cname}",)) for id_ in ids)

    def groups(self) -> tuple[SsrcGroup, ...]:
        if self.rtx_ssrc is None:
            return ()
        return (SsrcGroup("FID", (self.ssrc, self.rtx_ssrc)),)
