import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.grammar import Attributes, number, split_lines, token
from parlor.wire.webrtc.sdp.limits import DEFAULT_LIMITS, SdpLimits
from tests.support.patient import PATIENT


def refused(text, limits=DEFAULT_LIMITS):
    with pytest.raises(Malformed) as fault:
        split_lines(text, limits)
    return fault.value.reason


def test_lines_end_in_cr_lf_or_in_lf_alone():
    assert split_lines("v=0\r\ns=-\na=b:c\r\n", DEFAULT_LIMITS) == [
        ("v", "0"),
        ("s", "-"),
        ("a", "b:c"),
    ]


@pytest.mark.parametrize(
    "text", ["", "\r\n", "v=0\r\n\r\n", "v0", "V=0", " v=0", "v=\x00", "v=0\r\r\n", "v=\ud800", "="]
)
def test_what_is_no_line_is_refused(text):
    assert refused(text) is Reason.SYNTAX


def test_a_megabyte_is_refused_before_it_is_looked_at():
    assert refused("v=0\r\n" * 200_000) is Reason.TOO_BIG
    assert refused("\ud800" * 1_000_000) is Reason.TOO_BIG


def test_the_size_is_that_of_the_bytes():
    limits = SdpLimits(max_bytes=10)
    assert split_lines("v=" + "a" * 8, limits) == [("v", "aaaaaaaa")]
    assert refused("v=" + "é" * 5, limits) is Reason.TOO_BIG


def test_the_limits_of_lines_are_kept():
    limits = SdpLimits(max_lines=3, max_line_chars=6)
    assert len(split_lines("a=1234\n" * 3, limits)) == 3
    assert refused("a=1234\n" * 4, limits) is Reason.TOO_MANY
    assert refused("a=12345\n", limits) is Reason.TOO_BIG


@pytest.mark.parametrize("word", ["", "-1", "+1", "1.0", "٣", "1_0", " 1", "1" * 21, "0x1"])
def test_what_is_no_number_is_refused(word):
    with pytest.raises(Malformed) as fault:
        number(word, 10**30)
    assert fault.value.reason is Reason.SYNTAX


def test_a_number_out_of_range_is_refused():
    assert (number("1", 9, 1), number("9", 9, 1), number("007", 9, 1)) == (1, 9, 7)
    for word in ("0", "10"):
        with pytest.raises(Malformed) as fault:
            number(word, 9, 1)
        assert fault.value.reason is Reason.VALUE


def test_a_token_has_no_blank_and_is_not_too_long():
    assert token("webrtc-datachannel") == "webrtc-datachannel"
    for word in ("", "a b", "a:b", "é", "a" * 65):
        with pytest.raises(Malformed):
            token(word)


def test_what_nobody_asked_for_is_left_over_as_written():
    lines = [("a", "mid:0"), ("c", "x"), ("a", "odd:a:b"), ("a", "flag"), ("a", "odd")]
    found = Attributes(lines, DEFAULT_LIMITS)
    assert (found.one("mid"), found.one("missing"), found.has("flag")) == ("0", None, True)
    assert found.rest() == ("odd:a:b", "odd")
    assert found.all("odd") == ["a:b", ""]


def test_what_may_be_there_once_is_refused_twice():
    found = Attributes([("a", "mid:0"), ("a", "mid:0")], DEFAULT_LIMITS)
    with pytest.raises(Malformed) as fault:
        found.one("mid")
    assert fault.value.reason is Reason.REPEATED


def test_a_section_has_so_many_attributes_and_no_more():
    limits = SdpLimits(max_attributes=2)
    Attributes([("a", "x")] * 2 + [("c", "y")], limits)
    with pytest.raises(Malformed) as fault:
        Attributes([("a", "x")] * 3, limits)
    assert fault.value.reason is Reason.TOO_MANY
    with pytest.raises(Malformed):
        Attributes([("a", "x")] * 2, limits).all("x", 1)


@PATIENT
@given(st.text())
def test_any_text_is_lines_or_malformed(text):
    try:
        lines = split_lines(text, DEFAULT_LIMITS)
    except Malformed:
        return
    assert split_lines("\n".join(f"{letter}={value}" for letter, value in lines), DEFAULT_LIMITS)
