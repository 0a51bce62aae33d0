import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.extension_kinds import (
    SEND_TIME_PERIOD_S,
    AudioLevel,
    ExtensionKind,
    Orientation,
    build_audio_level,
    build_name,
    build_orientation,
    build_send_time,
    build_transport_seq,
    parse_audio_level,
    parse_mid,
    parse_orientation,
    parse_rid,
    parse_send_time,
    parse_transport_seq,
)
from parlor.wire.webrtc.malformed import Malformed, Reason


def test_a_kind_is_known_by_its_uri():
    assert ExtensionKind("urn:ietf:params:rtp-hdrext:sdes:mid") is ExtensionKind.MID
    assert len(set(ExtensionKind)) == 8


def test_the_marks_of_voice_and_silence_are_read():
    assert parse_audio_level(b"\x7f") == AudioLevel(127, is_voice=False)
    assert parse_audio_level(b"\x94") == AudioLevel(20, is_voice=True)


def test_a_picture_says_how_it_has_to_be_turned():
    assert parse_orientation(b"\x00") == Orientation(0)
    assert parse_orientation(b"\x01") == Orientation(90)
    assert parse_orientation(b"\x0e") == Orientation(180, is_flipped=True, is_back_camera=True)
    assert parse_orientation(b"\xf3") == Orientation(270)


def test_a_send_time_counts_in_18_bits_of_a_second_and_begins_again_each_64():
    assert build_send_time(1.5) == b"\x06\x00\x00"
    assert parse_send_time(b"\x06\x00\x00") == 1.5
    assert build_send_time(SEND_TIME_PERIOD_S * 1_000 + 1.5) == b"\x06\x00\x00"


def test_a_transport_wide_number_wraps_around():
    assert build_transport_seq(0x1_0001) == b"\x00\x01"
    assert parse_transport_seq(b"\xff\xfe") == 0xFFFE


@pytest.mark.parametrize(
    ("parse", "size"),
    [
        (parse_audio_level, 1),
        (parse_orientation, 1),
        (parse_transport_seq, 2),
        (parse_send_time, 3),
    ],
)
def test_a_value_of_another_size_is_refused(parse, size):
    for other in {0, 1, 2, 3, 4, 16} - {size}:
        with pytest.raises(Malformed) as refused:
            parse(bytes(other))
        assert refused.value.reason is Reason.LENGTH


@pytest.mark.parametrize("name", ["0", "a-1_b", "hi"])
def test_names_come_back(name):
    assert parse_mid(build_name(name)) == name
    assert parse_rid(build_name(name)) == name


def test_a_mid_may_hold_what_a_rid_may_not():
    assert parse_mid(b"{video.1}") == "{video.1}"
    with pytest.raises(Malformed):
        parse_rid(b"{video.1}")


@pytest.mark.parametrize("value", [b"", b"a b", b"a\0", b"\xc3\xa4", b'"', b"a\n"])
def test_a_name_that_is_no_token_is_refused(value):
    for parse in (parse_mid, parse_rid):
        with pytest.raises(Malformed) as refused:
            parse(value)
        assert refused.value.reason is Reason.SYNTAX


@given(st.integers(0, 127), st.booleans())
def test_a_level_comes_back(below, is_voice):
    level = AudioLevel(below, is_voice)
    assert parse_audio_level(build_audio_level(level)) == level


@given(st.sampled_from([0, 90, 180, 270]), st.booleans(), st.booleans())
def test_an_orientation_comes_back(clockwise, is_flipped, is_back_camera):
    orientation = Orientation(clockwise, is_flipped, is_back_camera)
    assert parse_orientation(build_orientation(orientation)) == orientation


@given(st.floats(0, 4e9))
def test_a_send_time_is_right_to_a_few_microseconds(now_s):
    off = abs(parse_send_time(build_send_time(now_s)) - now_s % SEND_TIME_PERIOD_S)
    assert min(off, SEND_TIME_PERIOD_S - off) < 5e-6


@given(st.binary(max_size=20))
def test_any_value_is_read_or_refused_in_one_way(value):
    for parse in (parse_audio_level, parse_orientation, parse_transport_seq, parse_send_time,
                  parse_mid, parse_rid):  # fmt: skip
        try:
            parse(value)
        except Malformed as refused:
            reason = refused.reason
        else:
            continue
        assert reason in {Reason.LENGTH, Reason.SYNTAX}
