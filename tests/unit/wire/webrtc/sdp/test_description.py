import pytest

from parlor.wire.webrtc.sdp import Codec, Direction, Fingerprint, Media, Session


@pytest.mark.parametrize("direction", Direction)
def test_a_direction_is_what_it_sends_and_receives(direction):
    assert Direction.of(sends=direction.sends, receives=direction.receives) is direction
    assert direction.sends is ("send" in direction)
    assert direction.receives is ("recv" in direction)


def test_codecs_are_of_one_kind_whatever_the_case_of_their_names():
    assert Codec(96, "VP8", 90_000).kind == Codec(97, "vp8", 90_000).kind
    assert Codec(111, "opus", 48_000, 2).kind != Codec(111, "opus", 48_000).kind


def test_a_fingerprint_is_written_in_capitals():
    assert str(Fingerprint("sha-256", bytes([171, 1]))) == "sha-256 AB:01"


def test_a_section_is_found_by_its_name():
    audio, video = Media("audio", "x", mid="a"), Media("video", "x", mid="b", port=0)
    session = Session(1, 1, (audio, video))
    assert session.section("b") is video
    assert session.section("") is None
    assert (audio.rejected, video.rejected) == (False, True)
