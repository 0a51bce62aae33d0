"""Session descriptions of a caller's: a session within its limits, or one kind of error."""

from __future__ import annotations

from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.sdp import (
    Accepted,
    SdpLimits,
    build_answer,
    check_answer,
    parse_candidate,
    parse_session,
    write_session,
)
from tests.support.descriptions import HERE, SHORT, with_lines

LIMITS = SdpLimits()
SEEDS = [
    SHORT.encode(),
    with_lines(
        "a=candidate:1 1 udp 1 192.0.2.1 9 typ srflx raddr 0.0.0.0 rport 0 generation 0",
        "a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=rid:q send pt=96",
        "a=simulcast:send q;~h,f",
        "a=ssrc-group:FID 1 2",
        "a=rtcp-fb:* nack",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=sctp-port:5000",
        section=2,
    ).encode(),
    b"candidate:1 1 udp 2130706431 fd00::2 4000 typ host tcptype passive",
]
EVERYTHING = Accepted(data_channels=True)


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        candidate = parse_candidate(text)
    except Malformed:
        pass
    else:
        assert parse_candidate(str(candidate)) == candidate
    try:
        session = parse_session(text, LIMITS)
    except Malformed:
        return
    assert len(session.media) <= LIMITS.max_media
    # What could be read is what would be read again, and an answer to it fits.
    assert parse_session(write_session(session)) == session
    try:
        answer = build_answer(session, HERE, id=1, version=1, accepted=EVERYTHING)
    except Malformed:
        return
    assert parse_session(write_session(answer)) == answer
    if answer.bundles:
        check_answer(session, answer)
