import pytest

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.codecs import parse_codecs
from parlor.wire.webrtc.sdp.description import Codec
from parlor.wire.webrtc.sdp.grammar import Attributes
from parlor.wire.webrtc.sdp.limits import DEFAULT_LIMITS, SdpLimits


def codecs(formats, *attributes, limits=DEFAULT_LIMITS):
    found = Attributes([("a", attribute) for attribute in attributes], limits)
    return parse_codecs(formats.split(), found, limits)


def test_the_lines_about_a_payload_type_are_one_codec_in_the_order_of_the_section():
    found = codecs(
        "97 96",
        "rtpmap:96 VP8/90000",
        "rtcp-fb:96 nack",
        "rtcp-fb:96 nack pli",
        "rtpmap:97 rtx/90000",
        "fmtp:97 apt=96",
    )
    assert found == (
        Codec(97, "rtx", 90_000, 1, "apt=96"),
        Codec(96, "VP8", 90_000, 1, "", ("nack", "nack pli")),
    )
    assert found[0].parameter("apt") == "96"
    assert found[1].parameter("apt") == ""


def test_feedback_for_all_counts_for_each():
    found = codecs(
        "96 97", "rtpmap:96 VP8/90000", "rtcp-fb:* nack", "rtcp-fb:97 ccm fir", "rtcp-fb:97 nack"
    )
    assert [codec.feedback for codec in found] == [("nack",), ("nack", "ccm fir")]


def test_numbers_that_need_no_line_are_known():
    assert codecs("0 35") == (Codec(0, "PCMU", 8_000), Codec(35, "", 0))


def test_lines_about_other_numbers_say_nothing():
    assert codecs("0", "rtpmap:96 VP8/90000", "fmtp:96 a=b", "rtcp-fb:x y") == codecs("0")


def test_parameters_are_found_whatever_their_case_and_blanks():
    codec = Codec(96, "H264", 90_000, 1, "Packetization-Mode=1; profile-level-id=42e01f")
    assert codec.parameter("packetization-mode") == "1"
    assert codec.parameter("profile-level-id") == "42e01f"


@pytest.mark.parametrize(
    ("formats", "attributes", "reason"),
    [
        ("96 96", [], Reason.REPEATED),
        ("128", [], Reason.VALUE),
        ("x", [], Reason.SYNTAX),
        ("96", ["rtpmap:96 VP8/90000", "rtpmap:96 VP9/90000"], Reason.REPEATED),
        ("96", ["fmtp:96 a", "fmtp:96 b"], Reason.REPEATED),
        ("96", ["rtpmap:96 VP8"], Reason.SYNTAX),
        ("96", ["rtpmap:96 VP8/0"], Reason.VALUE),
        ("96", ["rtpmap:96 VP8/90000/0"], Reason.VALUE),
        ("96", ["rtpmap:96 VP8/90000/1/1"], Reason.SYNTAX),
        ("96", ["rtpmap:96 V P8/90000"], Reason.SYNTAX),
    ],
)
def test_codecs_that_make_no_sense_are_refused(formats, attributes, reason):
    with pytest.raises(Malformed) as fault:
        codecs(formats, *attributes)
    assert fault.value.reason is reason


def test_kinds_of_feedback_are_limited_with_those_for_all_counted_in():
    limits = SdpLimits(max_feedback=2)
    two = ["rtcp-fb:* a", "rtcp-fb:96 b"]
    assert codecs("96", *two, limits=limits)[0].feedback == ("a", "b")
    for more in ("rtcp-fb:* c", "rtcp-fb:96 c"):
        with pytest.raises(Malformed) as fault:
            codecs("96", *two, more, limits=limits)
        assert fault.value.reason is Reason.TOO_MANY
    with pytest.raises(Malformed):
        codecs("96", *["rtcp-fb:* a"] * 3, limits=limits)
