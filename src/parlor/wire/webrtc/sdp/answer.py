"""What the worker answers to an offer, and whether an answer to its own offer is one.

Both are pure: the same offer and the same words about this end give the same answer. What this
end sends, and whether a participant may publish at all, is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.accepted import Accepted, choose_codecs, choose_extensions
from parlor.wire.webrtc.sdp.bundle import bundled, check_agreement, check_transport
from parlor.wire.webrtc.sdp.description import (
    Direction,
    Layer,
    Media,
    Rid,
    Sctp,
    Session,
    Setup,
    Simulcast,
    Transport,
)
from parlor.wire.webrtc.sdp.outgoing import Outgoing

RTP_PROTOCOLS = frozenset({"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF"})
SCTP_PROTOCOLS = frozenset({"UDP/DTLS/SCTP", "TCP/DTLS/SCTP"})
DATA_CHANNEL = "webrtc-datachannel"

_NOTHING_SENT: Mapping[str, Outgoing] = {}


def build_answer(
    offer: Session,
    here: Transport,
    *,
    id: int,
    version: int,
    sending: Mapping[str, Outgoing] = _NOTHING_SENT,
    accepted: Accepted | None = None,
) -> Session:
    """Answer `offer` as an ICE-lite end (JSEP RFC 8829 §5.3, RFC 8839 §5.3).

    Each direction is the offer's from the other side; this end sends in the sections of `sending`
    only, by mid, if they are offered to receive. `here` has the worker's credentials,
    fingerprint and candidates; its `setup` is chosen here: passive, unless the offer is.
    `version` grows by one with each answer of the same `id`.

    A section that cannot be had is rejected with port 0, alone. Raises Malformed when the offer
    as a whole contradicts itself or lacks what a connection needs.
    """
    wanted = accepted or Accepted()
    sections = {
        at: chosen
        for at in bundled(offer)
        if (chosen := _accept(offer.media[at], sending, wanted)) is not None
    }
    check_agreement(list(sections.values()))
    media = [_reject(offered) for offered in offer.media]
    tagged = True
    for at, section in sections.items():
        # Raised for the first only: the others' transports are not used (RFC 9143 §7.3.3).
        if tagged:
            their = check_transport(offer.media[at].transport)
            setup = Setup.ACTIVE if their.setup is Setup.PASSIVE else Setup.PASSIVE
        transport = replace(here, setup=setup)
        if not tagged:
            transport = replace(transport, candidates=(), end_of_candidates=False)
        media[at] = replace(section, transport=transport)
        tagged = False
    group = tuple(section.mid for section in sections.values())
    return Session(
        id=id,
        version=version,
        media=tuple(media),
        bundles=(group,) if offer.bundles and group else (),
        ice_lite=True,
        mixed_extensions=offer.mixed_extensions,
    )


def check_answer(offer: Session, answer: Session) -> None:
    """Refuse an answer that does not fit `offer` (RFC 3264 §6). Raises Malformed.

    After it each section of the answer is the offer's at the same place, or rejected; it has
    payload types of the offer only, and no direction that was not offered.
    """
    if len(answer.media) != len(offer.media):
        raise Malformed(Reason.MISSING, "a section of the answer")
    live = bundled(answer)
    for at, (theirs, ours) in enumerate(zip(answer.media, offer.media, strict=True)):
        if (theirs.kind, theirs.mid) != (ours.kind, ours.mid):
            raise Malformed(Reason.VALUE, "a section of another kind or name")
        if theirs.rejected:
            continue
        if ours.rejected or at not in live:
            raise Malformed(Reason.VALUE, "a section outside of the bundle")
        _check_section(ours, theirs)
    if live:
        setup = check_transport(answer.media[live[0]].transport).setup
        if setup not in (Setup.ACTIVE, Setup.PASSIVE):
            raise Malformed(Reason.VALUE, "setup")


def _check_section(ours: Media, theirs: Media) -> None:
    known = {codec.payload_type: codec.kind for codec in ours.codecs}
    if any(known.get(codec.payload_type) != codec.kind for codec in theirs.codecs):
        raise Malformed(Reason.VALUE, "a codec that was not offered")
    ids = {extension.id: extension.uri for extension in ours.extensions}
    if any(ids.get(extension.id) != extension.uri for extension in theirs.extensions):
        raise Malformed(Reason.VALUE, "a header extension that was not offered")
    if (theirs.direction.sends and not ours.direction.receives) or (
        theirs.direction.receives and not ours.direction.sends
    ):
        raise Malformed(Reason.VALUE, "a direction that was not offered")
    if theirs.codecs and not theirs.rtcp_mux:
        raise Malformed(Reason.MISSING, "rtcp-mux")


def _reject(offered: Media) -> Media:
    """Port 0, and one format because the grammar wants one (RFC 3264 §6)."""
    return Media(
        kind=offered.kind,
        protocol=offered.protocol,
        port=0,
        mid=offered.mid,
        direction=Direction.INACTIVE,
        codecs=offered.codecs[:1],
        formats=offered.formats[:1],
    )


def _accept(offered: Media, sending: Mapping[str, Outgoing], accepted: Accepted) -> Media | None:
    if offered.protocol in SCTP_PROTOCOLS:
        return _accept_data(offered, accepted)
    if offered.protocol not in RTP_PROTOCOLS or not offered.rtcp_mux:
        return None
    if offered.kind not in ("audio", "video"):
        return None
    codecs = choose_codecs(offered, accepted)
    if not codecs:
        return None
    track = sending.get(offered.mid) if offered.direction.receives else None
    direction = Direction.of(sends=track is not None, receives=offered.direction.sends)
    rids, simulcast = _layers(offered, accepted)
    return Media(
        kind=offered.kind,
        protocol=offered.protocol,
        mid=offered.mid,
        direction=direction,
        codecs=codecs,
        extensions=choose_extensions(offered, accepted),
        rtcp_mux=True,
        rtcp_rsize=offered.rtcp_rsize,
        msids=track.msids() if track else (),
        ssrcs=track.ssrcs() if track else (),
        groups=track.groups() if track else (),
        rids=rids,
        simulcast=simulcast,
    )


def _accept_data(offered: Media, accepted: Accepted) -> Media | None:
    if not accepted.data_channels or offered.sctp is None or DATA_CHANNEL not in offered.formats:
        return None
    return Media(
        kind=offered.kind,
        protocol=offered.protocol,
        mid=offered.mid,
        formats=(DATA_CHANNEL,),
        sctp=Sctp(5_000, accepted.max_message_size),
    )


def _layers(offered: Media, accepted: Accepted) -> tuple[tuple[Rid, ...], Simulcast | None]:
    """The layers to receive: of each stream that is offered to be sent its first alternative."""
    if offered.simulcast is None or not offered.direction.sends:
        return (), None
    announced = {rid.id: rid for rid in offered.rids if rid.sends}
    names = [stream[0].rid for stream in offered.simulcast.send if stream[0].rid in announced]
    names = list(dict.fromkeys(names))[: accepted.max_layers]
    if not names:
        return (), None
    rids = tuple(Rid(name, False, announced[name].restrictions) for name in names)
    return rids, Simulcast(recv=tuple((Layer(name),) for name in names))
