import pytest

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp import (
    Direction,
    Extension,
    Fingerprint,
    Layer,
    Msid,
    Rid,
    Sctp,
    SdpLimits,
    Setup,
    Simulcast,
    Ssrc,
    SsrcGroup,
    parse_session,
)
from tests.support.descriptions import SHORT, from_chromium, with_lines, without_lines


def refused(text, limits=None):
    with pytest.raises(Malformed) as fault:
        parse_session(text, limits or SdpLimits())
    return fault.value.reason


def test_a_section_of_chromium_is_read_in_full():
    video = parse_session(from_chromium("simulcast.offer.sdp")).media[1]
    assert (video.kind, video.mid, video.direction) == ("video", "1", Direction.SENDONLY)
    assert video.transport.ufrag == "rd81"
    assert video.transport.password == "kMuz2FR1dCFFRNWUIqj9PgVn"
    assert video.transport.ice_options == ("trickle",)
    assert video.transport.setup is Setup.ACTPASS
    [fingerprint] = video.transport.fingerprints
    assert fingerprint.algorithm == "sha-256"
    assert str(fingerprint).startswith("sha-256 7F:8A:EA:C6:92:")
    assert Extension(4, "urn:ietf:params:rtp-hdrext:sdes:mid") in video.extensions
    assert (video.rtcp_mux, video.rtcp_rsize) == (True, True)
    assert video.rids == (Rid("q", True), Rid("h", True), Rid("f", True))
    assert video.simulcast == Simulcast(send=((Layer("q"),), (Layer("h"),), (Layer("f"),)))
    h264 = video.codec(108)
    assert h264 is not None
    assert h264.parameter("profile-level-id") == "42e01f"
    assert h264.feedback == ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
    assert video.codec(1) is None


def test_sources_are_read_with_their_groups():
    video = parse_session(from_chromium("stopped.offer.sdp")).media[1]
    assert video.groups == (SsrcGroup("FID", (2885547447, 1133250382)),)
    assert [ssrc.id for ssrc in video.ssrcs] == [2885547447, 1133250382]
    assert video.ssrcs[0].cname == "x5J1i9nAn0k13oUV"
    assert Ssrc(1).cname == ""
    assert video.msids == (Msid("-", "fa00a7c8-66fb-420e-b7d3-5fb31a9b2d7f"),)


def test_candidates_of_both_families_and_protocols_are_read():
    audio = parse_session(from_chromium("simulcast.offer.sdp")).media[0]
    found = {(candidate.protocol, candidate.address) for candidate in audio.transport.candidates}
    assert {("udp", "192.0.2.2"), ("tcp", "192.0.2.2"), ("udp", "fd00::2")} <= found


def test_a_data_channel_is_a_section_without_codecs():
    data = parse_session(from_chromium("datachannel.offer.sdp")).media[0]
    assert (data.kind, data.sctp) == ("application", Sctp(5_000, 262_144))
    assert (data.codecs, data.formats) == ((), ("webrtc-datachannel",))


def test_a_stopped_section_is_rejected_and_one_of_a_bundle_is_not():
    stopped = parse_session(from_chromium("stopped.offer.sdp"))
    assert [media.rejected for media in stopped.media] == [True, False, False]
    balanced = with_lines("a=bundle-only", section=2).replace("m=video 9", "m=video 0")
    assert not parse_session(balanced).media[1].rejected


def test_lines_before_the_first_section_count_for_all_that_say_nothing_themselves():
    above = with_lines(
        "a=ice-ufrag:wxyz",
        "a=ice-pwd:abcdefghijklmnopqrstuv",
        "a=ice-options:trickle",
        "a=fingerprint:SHA-1 " + ":".join(["0a"] * 20),
        "a=setup:passive",
        "a=recvonly",
        "a=end-of-candidates",
        "a=extmap:1 urn:one",
        section=0,
    )
    bare = ("a=ice-ufrag:abcd", "a=ice-pwd:0", "a=fingerprint:sha-256", "a=setup:a", "a=sendrecv")
    lines = [line for line in above.split("\r\n") if not line.startswith(bare)]
    audio, video = parse_session("\r\n".join(lines)).media
    for media in (audio, video):
        assert media.transport.ufrag == "wxyz"
        assert media.transport.password == "abcdefghijklmnopqrstuv"
        assert media.transport.fingerprints == (Fingerprint("sha-1", bytes([10]) * 20),)
        assert media.transport.setup is Setup.PASSIVE
        assert media.transport.end_of_candidates
        assert media.extensions == (Extension(1, "urn:one"),)
    assert (audio.direction, video.direction) == (Direction.RECVONLY, Direction.SENDONLY)
    assert parse_session(above).media[0].transport.ufrag == "abcd"


def test_directions_that_say_something_are_sendrecv_otherwise():
    assert parse_session(without_lines("a=send")).media[1].direction is Direction.SENDRECV


def test_simulcast_has_alternatives_and_paused_layers():
    text = with_lines(
        "a=rid:1 send pt=96;max-width=1280",
        "a=rid:a recv",
        "a=simulcast:send 1,~2;3 recv a",
        section=2,
    )
    video = parse_session(text).media[1]
    assert video.rids == (Rid("1", True, "pt=96;max-width=1280"), Rid("a", False))
    assert video.simulcast == Simulcast(
        send=((Layer("1"), Layer("2", True)), (Layer("3"),)), recv=((Layer("a"),),)
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a=mid:x"], Reason.REPEATED),
        (["a=inactive"], Reason.REPEATED),
        (["a=ice-ufrag:abcd"], Reason.REPEATED),
        (["a=setup:active"], Reason.REPEATED),
        (["a=extmap:0 urn:x"], Reason.VALUE),
        (["a=extmap:256 urn:x"], Reason.VALUE),
        (["a=extmap:1/up urn:x"], Reason.VALUE),
        (["a=extmap:1"], Reason.SYNTAX),
        (["a=extmap:1 urn:x", "a=extmap:1 urn:y"], Reason.REPEATED),
        (["a=ssrc:4294967296 cname:x"], Reason.VALUE),
        (["a=ssrc:x cname:x"], Reason.SYNTAX),
        (["a=ssrc-group:FID 1 x"], Reason.SYNTAX),
        (["a=rid:q up"], Reason.VALUE),
        (["a=rid:q? send"], Reason.SYNTAX),
        (["a=rid:q send", "a=rid:q send"], Reason.REPEATED),
        (["a=simulcast:up q"], Reason.SYNTAX),
        (["a=simulcast:send q send h"], Reason.SYNTAX),
        (["a=simulcast:send"], Reason.SYNTAX),
        (["a=simulcast:send q;;h"], Reason.SYNTAX),
        (["a=simulcast:send ~~q"], Reason.SYNTAX),
        (["a=msid:a b c"], Reason.SYNTAX),
        (["a=candidate:1"], Reason.SYNTAX),
        (["a=fingerprint:sha-256 AB"], Reason.SYNTAX),
        (["a=fingerprint:sha-256 " + ":".join(["AB"] * 20)], Reason.LENGTH),
        (["a=fingerprint:sha-256 " + ":".join(["AG"] * 32)], Reason.SYNTAX),
        (["t=0 0"], Reason.SYNTAX),
        (["c=IN IP4 a b"], None),
    ],
)
def test_a_section_that_makes_no_sense_is_refused(lines, reason):
    if reason is None:
        # Only the first c= line is read: the one that is there already.
        assert parse_session(with_lines(*lines))
        return
    assert refused(with_lines(*lines)) is reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 9 UDP/TLS/RTP/SAVPF", Reason.SYNTAX),
        ("m=audio 9 ", "m=audio 9/2 ", Reason.SYNTAX),
        ("m=audio 9 ", "m=audio 65536 ", Reason.VALUE),
        ("m=audio 9 ", "m=au(dio 9 ", Reason.SYNTAX),
        ("UDP/TLS", "UDP//TLS", Reason.SYNTAX),
        ("c=IN IP4 0.0.0.0", "c=IN IP5 0.0.0.0", Reason.SYNTAX),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:abc", Reason.LENGTH),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:ab-d", Reason.SYNTAX),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:" + "a" * 257, Reason.LENGTH),
        ("a=ice-pwd:0123456789012345678901", "a=ice-pwd:012345678901234567890", Reason.LENGTH),
        ("a=ice-pwd:0123456789012345678901\r\n", "", Reason.MISSING),
        ("a=setup:actpass", "a=setup:upside", Reason.VALUE),
        ("a=mid:0", "a=mid:" + "0" * 33, Reason.SYNTAX),
    ],
)
def test_a_line_of_another_form_is_refused(old, new, reason):
    assert old in SHORT
    assert refused(SHORT.replace(old, new, 1)) is reason


@pytest.mark.parametrize(
    ("limit", "lines"),
    [
        ("max_codecs", None),
        ("max_extensions", [f"a=extmap:{n} urn:{n}" for n in range(1, 4)]),
        ("max_candidates", ["a=candidate:1 1 udp 1 192.0.2.1 9 typ host"] * 3),
        ("max_fingerprints", ["a=fingerprint:sha-256 " + ":".join(["AB"] * 32)] * 2),
        ("max_ssrcs", ["a=ssrc:2", "a=ssrc:3"]),
        ("max_ssrcs", ["a=ssrc-group:SIM 1 2 3"]),
        ("max_ssrcs", ["a=msid:a"] * 3),
        ("max_rids", [f"a=rid:{n} send" for n in range(3)]),
        ("max_rids", [f"a=rid:{n} send" for n in range(5)]),
        ("max_rids", ["a=simulcast:send 1,2;3"]),
    ],
)
def test_each_number_of_parts_has_a_limit(limit, lines):
    limits = SdpLimits(**{limit: 2})
    if lines is None:
        assert refused(SHORT.replace("SAVPF 96 97", "SAVPF 96 97 98"), limits) is Reason.TOO_MANY
        return
    # All that is there already counts, so that one line less is within the limit.
    assert parse_session(with_lines(*lines[:-1][:1]), limits)
    assert refused(with_lines(*lines), limits) is Reason.TOO_MANY


def test_sources_in_two_directions_have_their_limits_each():
    limits = SdpLimits(max_rids=2)
    assert refused(with_lines("a=rid:1 send", "a=rid:2 send", "a=rid:3 send"), limits)
    assert parse_session(with_lines("a=rid:1 send", "a=rid:2 send", "a=rid:3 recv"), limits)
