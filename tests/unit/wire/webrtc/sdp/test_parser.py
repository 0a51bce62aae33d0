import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp import SdpLimits, parse_session, write_session
from tests.support.descriptions import NAMES, SHORT, from_chromium, shuffled, with_lines
from tests.support.patient import PATIENT


def refused(text, limits=None):
    with pytest.raises(Malformed) as fault:
        parse_session(text, limits or SdpLimits())
    return fault.value.reason


def by_section(text):
    return [sorted(part.split("\r\n")) for part in text.split("\r\nm=")]


@pytest.mark.parametrize("name", NAMES)
def test_what_chromium_writes_is_read_and_written_back_line_for_line(name):
    text = from_chromium(name)
    session = parse_session(text)
    written = write_session(session)
    assert by_section(written) == by_section(text)
    assert parse_session(written) == session


def test_the_head_of_a_description_is_read():
    session = parse_session(from_chromium("stopped.offer.sdp"))
    assert (session.id, session.version) == (1379521113709533274, 3)
    assert session.bundles == (("1", "2"),)
    assert (session.mixed_extensions, session.ice_lite) == (True, False)
    assert session.other == ("msid-semantic: WMS",)
    assert session.section("2") is session.media[2]
    assert session.section("9") is None


def test_a_description_without_sections_is_one():
    assert parse_session("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n").media == ()


def test_names_and_times_are_passed_over():
    text = SHORT.replace("s=-", "s=Ünïcode\r\ni=about\r\nb=AS:1000\r\nc=IN IP4 192.0.2.1")
    assert parse_session(text) == parse_session(SHORT)


def test_other_groups_are_kept_as_they_are():
    session = parse_session(with_lines("a=group:LS 0 1", section=0))
    assert session.bundles == (("0", "1"),)
    assert session.other == ("group:LS 0 1",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("v=0", "v=1", Reason.VERSION),
        ("v=0\r\n", "", Reason.MISSING),
        ("s=-\r\n", "", Reason.MISSING),
        ("o=- 1 2 IN IP4 127.0.0.1", "o=- 1 2 IN IP4", Reason.SYNTAX),
        ("o=- 1 2 IN IP4 127.0.0.1", "o=- 1 2  IP4 x", Reason.SYNTAX),
        ("o=- 1 2", "o=- -1 2", Reason.SYNTAX),
        ("o=- 1 2", f"o=- {2**64} 2", Reason.VALUE),
        ("t=0 0", "m0=0", Reason.SYNTAX),
        ("t=0 0", "v=0", Reason.SYNTAX),
        ("BUNDLE 0 1", "BUNDLE 0 2", Reason.VALUE),
        ("BUNDLE 0 1", "BUNDLE 0 0", Reason.REPEATED),
        ("BUNDLE 0 1", "BUNDLE 0\r\na=group:BUNDLE 0", Reason.REPEATED),
        ("a=mid:1", "a=mid:0", Reason.REPEATED),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(old, new, reason):
    assert old in SHORT
    assert refused(SHORT.replace(old, new, 1)) is reason


def test_a_thousand_sections_are_refused():
    head, audio, _ = SHORT.split("\r\nm=")
    many = [head.replace("a=group:BUNDLE 0 1", "a=x")]
    many += [audio.replace("a=mid:0", f"a=mid:{n}") for n in range(1_000)]
    text = "\r\nm=".join(many) + "\r\n"
    assert len(text) < 1_000_000
    assert refused(text) is Reason.TOO_BIG
    assert refused(text, SdpLimits(max_bytes=1_000_000, max_lines=20_000)) is Reason.TOO_MANY
    short = (
        "\r\n".join([head.replace("a=group:BUNDLE 0 1", "a=x"), *["m=a 0 b 1"] * 1_000]) + "\r\n"
    )
    assert refused(short) is Reason.TOO_MANY


def test_the_most_sections_are_read():
    limits = SdpLimits(max_media=2)
    assert len(parse_session(SHORT, limits).media) == 2
    assert refused(SHORT + "m=audio 0 RTP/AVP 0\r\n", limits) is Reason.TOO_MANY


def test_the_lines_before_the_first_section_have_their_limit():
    limits = SdpLimits(max_attributes=12)
    assert parse_session(with_lines(*["a=x"] * 11, section=0), limits)
    assert refused(with_lines(*["a=x"] * 12, section=0), limits) is Reason.TOO_MANY


@PATIENT
@given(st.text() | st.text("v=0\r\nom=a:1 ", max_size=200))
def test_any_text_is_a_description_or_malformed(text):
    with contextlib.suppress(Malformed):
        parse_session(text)


@PATIENT
@given(shuffled())
def test_a_description_that_was_meddled_with_is_read_or_malformed_and_survives_writing(text):
    try:
        session = parse_session(text)
    except Malformed:
        return
    assert parse_session(write_session(session)) == session
