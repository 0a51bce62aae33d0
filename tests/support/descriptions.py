"""Session descriptions as Chromium writes them, and short ones of our own to change."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from parlor.wire.webrtc.sdp import Candidate, Fingerprint, Transport

_CHROMIUM = Path(__file__).parents[1] / "unit" / "wire" / "webrtc" / "sdp" / "chromium"

NAMES = sorted(path.name for path in _CHROMIUM.glob("*.sdp"))
"""`audio_video.offer.sdp` …: what Chromium offered, and what another one answered."""

HERE = Transport(
    ufrag="parlor",
    password="a-password-of-24-bytes".replace("-", "+") + "/0",
    ice_options=("ice2", "trickle"),
    fingerprints=(Fingerprint("sha-256", bytes(range(32))),),
    candidates=(Candidate("1", 1, "udp", 2_130_706_431, "192.0.2.1", 4_000),),
    end_of_candidates=True,
)
"""A worker's end of a connection."""

SHORT = "\r\n".join(
    [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789012345678901",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=ssrc:1 cname:c",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789012345678901",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtpmap:96 VP8/90000",
        "a=rtcp-fb:96 nack",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
        "",
    ]
)
"""An offer without anything that may be missing."""


def from_chromium(name: str) -> str:
    return (_CHROMIUM / name).read_bytes().decode()


def with_lines(*lines: str, section: int = 1) -> str:
    """SHORT and some lines more: 0 is the part before the sections, 1 the audio, 2 the video."""
    parts = SHORT.split("\r\nm=")
    parts[section] = "\r\n".join([parts[section].removesuffix("\r\n"), *lines])
    return "\r\nm=".join(part.removesuffix("\r\n") for part in parts) + "\r\n"


def without_lines(*starts: str) -> str:
    lines = SHORT.split("\r\n")
    return "\r\n".join(line for line in lines if not line.startswith(starts))


_LINES = sorted({line for name in NAMES for line in from_chromium(name).split("\r\n") if line})
_ODD = [
    "a=simulcast:send ~q;h,f recv ~a",
    "a=rid:q recv pt=96;max-width=1280",
    "a=extmap:3/recvonly urn:x with more",
    "a=extmap:20 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=rtcp-fb:* nack",
    "a=rtcp-fb:96",
    "a=ssrc:5",
    "a=ssrc-group:FID",
    "a=setup:passive",
    "a=setup:holdconn",
    "a=bundle-only",
    "a=group:LS 0 1",
    "a=fmtp:96 ",
    "a=ice-options:",
    "a=max-message-size:0",
    "a=msid:- ",
    "a=end-of-candidates",
    "m=audio 0 UDP/TLS/RTP/SAVPF 0",
    "m=application 9 TCP/DTLS/SCTP webrtc-datachannel",
    "m=text 9 RTP/AVP 98",
    "a=mid",
    "a=:",
    "a=",
]


@st.composite
def shuffled(draw: st.DrawFn) -> str:
    """A description in which lines were dropped, doubled, moved, or taken from another one."""
    lines = from_chromium(draw(st.sampled_from(NAMES))).split("\r\n")[:-1]
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(4, len(lines) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, draw(st.sampled_from(_LINES)))
            case 2:
                lines.insert(at, draw(st.sampled_from(_ODD)))
            case _:
                word = draw(st.text(max_size=8))
                cut = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:cut] + word + lines[at][cut + len(word) :]
        if len(lines) < 6:
            break
    return "\r\n".join(lines) + "\r\n"
