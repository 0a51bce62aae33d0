"""Session descriptions (RFC 8866) as browsers send and want them: text in, values out, and back.

1. `parse_session` reads an offer or an answer into a frozen `Session` of `Media`, within
   `SdpLimits`; `parse_candidate` one candidate that trickles in. Hostile text raises `Malformed`
   and nothing else.
2. `build_answer` is what an ICE-lite worker answers to somebody who publishes; `build_offer` is
   what it offers to somebody it forwards tracks to, and `check_answer` judges the reply.
3. `peer_transport` says what ICE and DTLS need to know of the peer then.
4. `write_session` makes text of it.

No state, no clock, no randomness: ids, credentials and candidates come from the caller.
"""

from parlor.wire.webrtc.sdp.accepted import Accepted
from parlor.wire.webrtc.sdp.answer import build_answer, check_answer
from parlor.wire.webrtc.sdp.bundle import peer_transport
from parlor.wire.webrtc.sdp.candidate import Candidate, parse_candidate
from parlor.wire.webrtc.sdp.description import (
    Codec,
    Direction,
    Extension,
    Fingerprint,
    Layer,
    Media,
    Msid,
    Rid,
    Sctp,
    Session,
    Setup,
    Simulcast,
    Ssrc,
    SsrcGroup,
    Transport,
)
from parlor.wire.webrtc.sdp.limits import SdpLimits
from parlor.wire.webrtc.sdp.offer import OFFERED_CODECS, OFFERED_EXTENSIONS, Slot, build_offer
from parlor.wire.webrtc.sdp.outgoing import Outgoing
from parlor.wire.webrtc.sdp.parser import parse_session
from parlor.wire.webrtc.sdp.writer import write_session

__all__ = [
    "OFFERED_CODECS",
    "OFFERED_EXTENSIONS",
    "Accepted",
    "Candidate",
    "Codec",
    "Direction",
    "Extension",
    "Fingerprint",
    "Layer",
    "Media",
    "Msid",
    "Outgoing",
    "Rid",
    "Sctp",
    "SdpLimits",
    "Session",
    "Setup",
    "Simulcast",
    "Slot",
    "Ssrc",
    "SsrcGroup",
    "Transport",
    "build_answer",
    "build_offer",
    "check_answer",
    "parse_candidate",
    "parse_session",
    "peer_transport",
    "write_session",
]
