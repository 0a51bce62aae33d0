"""Which sections share the one transport, and what they must therefore agree about (RFC 9143).

The worker has one transport for each peer connection: whatever does not fit into the first
group is rejected, and the description as a whole refused where the group contradicts itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.description import Media, Session, Setup, Transport


def bundled(session: Session) -> list[int]:
    """The places of the sections that may share the transport: the first group's, in the order
    of the group; without one the only live section, or none."""
    if session.bundles:
        places = {media.mid: at for at, media in enumerate(session.media) if not media.rejected}
        return [places[mid] for mid in session.bundles[0] if mid in places]
    live = [at for at, media in enumerate(session.media) if not media.rejected]
    return live if len(live) == 1 else []


def peer_transport(theirs: Session, answer: Session) -> Transport:
    """What the peer said of its ICE and DTLS, once offer and answer are there.

    `theirs` is the one of the two that the peer wrote. It is said in the section that comes first
    in the answer's group (§7.3.3). Raises Malformed when the answer left no section over, or
    when there is no fingerprint, no ICE or no role in that section.
    """
    agreed = bundled(answer)
    if not agreed:
        raise Malformed(Reason.MISSING, "a section that both want")
    if agreed[0] >= len(theirs.media):
        raise Malformed(Reason.MISSING, "a section of the answer")
    return check_transport(theirs.media[agreed[0]].transport)


def check_transport(transport: Transport) -> Transport:
    """`transport`, when it is enough to connect to. Raises Malformed."""
    if not transport.ufrag:
        raise Malformed(Reason.MISSING, "ICE credentials")
    if not transport.fingerprints:
        raise Malformed(Reason.MISSING, "a fingerprint")
    if transport.setup is None:
        raise Malformed(Reason.MISSING, "setup")
    if transport.setup is Setup.HOLDCONN:
        raise Malformed(Reason.VALUE, "a connection on hold")
    return transport


def check_agreement(sections: Sequence[Media]) -> None:
    """Refuse sections of one transport that give a number two meanings (RFC 9143 §9.1, §14).

    A payload type is one codec and an extension's id one extension, in all of them, since
    packets come without a word about their section. Raises Malformed.
    """
    codecs: dict[int, tuple[object, ...]] = {}
    extensions: dict[int, str] = {}
    for media in sections:
        for codec in media.codecs:
            meaning = (*codec.kind, codec.parameters)
            if codecs.setdefault(codec.payload_type, meaning) != meaning:
                raise Malformed(Reason.VALUE, "a payload type with two meanings")
        for extension in media.extensions:
            if extensions.setdefault(extension.id, extension.uri) != extension.uri:
                raise Malformed(Reason.VALUE, "a header extension with two meanings")
