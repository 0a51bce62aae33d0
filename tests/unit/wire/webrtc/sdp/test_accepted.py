from dataclasses import replace

from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.sdp import Accepted, Extension, parse_session
from parlor.wire.webrtc.sdp.accepted import choose_codecs, choose_extensions
from tests.support.descriptions import SHORT, from_chromium

AUDIO, VIDEO = parse_session(from_chromium("recvonly.offer.sdp")).media


def names(codecs):
    return [codec.name for codec in codecs]


def test_opus_and_red_are_taken_and_nothing_else_of_audio():
    assert names(choose_codecs(AUDIO, Accepted())) == ["opus", "red"]


def test_the_order_is_this_ends():
    assert names(choose_codecs(AUDIO, Accepted(audio=("red", "opus")))) == ["red", "opus"]
    chosen = names(choose_codecs(VIDEO, Accepted(video=("AV1", "VP8"))))
    assert chosen == ["AV1", "VP8", "rtx", "rtx"]


def test_of_video_those_profiles_are_taken_that_every_browser_shows():
    chosen = choose_codecs(VIDEO, Accepted())
    plain = [codec for codec in chosen if codec.name != "rtx"]
    assert list(dict.fromkeys(names(plain))) == ["VP8", "VP9", "H264", "AV1"]
    assert [codec.parameter("profile-id") for codec in plain if codec.name == "VP9"] == ["0"]
    h264 = [codec for codec in plain if codec.name == "H264"]
    assert {codec.parameter("packetization-mode") for codec in h264} == {"1"}
    assert {codec.parameter("profile-level-id")[:2] for codec in h264} == {"42"}


def test_each_codec_keeps_its_retransmission_and_no_other_is_kept():
    chosen = choose_codecs(VIDEO, Accepted())
    plain = {str(codec.payload_type) for codec in chosen if codec.name != "rtx"}
    assert {codec.parameter("apt") for codec in chosen if codec.name == "rtx"} == plain


def test_red_is_not_taken_without_what_it_carries():
    odd = replace(AUDIO, codecs=tuple(c for c in AUDIO.codecs if c.name != "opus"))
    assert choose_codecs(odd, Accepted()) == ()
    red = next(codec for codec in AUDIO.codecs if codec.name == "red")
    odd = replace(AUDIO, codecs=(AUDIO.codecs[0], replace(red, parameters="0/111")))
    assert names(choose_codecs(odd, Accepted())) == ["opus"]


def test_who_cannot_count_packets_is_asked_for_its_own_estimate():
    best = choose_codecs(VIDEO, Accepted())[0]
    assert best.feedback == ("transport-cc", "ccm fir", "nack", "nack pli")
    old = replace(VIDEO.codecs[0], feedback=("goog-remb", "nack", "ccm tmmbr"))
    [kept] = choose_codecs(replace(VIDEO, codecs=(old,)), Accepted())
    assert kept.feedback == ("goog-remb", "nack")


def test_extensions_keep_the_ids_of_the_offer():
    chosen = {extension.uri: extension.id for extension in choose_extensions(AUDIO, Accepted())}
    offered = {extension.uri: extension.id for extension in AUDIO.extensions}
    assert {
        ExtensionKind.MID,
        ExtensionKind.AUDIO_LEVEL,
        ExtensionKind.TRANSPORT_SEQ,
    } <= chosen.keys()
    assert chosen.items() <= offered.items()
    assert ExtensionKind.ABS_SEND_TIME not in chosen


def test_the_time_of_sending_is_taken_from_who_cannot_count():
    without = replace(
        AUDIO, extensions=tuple(e for e in AUDIO.extensions if e.uri != ExtensionKind.TRANSPORT_SEQ)
    )
    assert ExtensionKind.ABS_SEND_TIME in {
        extension.uri for extension in choose_extensions(without, Accepted())
    }


def test_an_extension_that_needs_the_longer_form_is_left_out():
    audio = parse_session(SHORT).media[0]
    for extension, taken in [
        (Extension(14, ExtensionKind.MID), 1),
        (Extension(15, ExtensionKind.MID), 0),
    ]:
        chosen = choose_extensions(replace(audio, extensions=(extension,)), Accepted())
        assert len(chosen) == taken


def test_an_extension_that_is_offered_twice_is_taken_once():
    audio = replace(
        parse_session(SHORT).media[0],
        extensions=(Extension(1, ExtensionKind.MID), Extension(2, ExtensionKind.MID)),
    )
    assert choose_extensions(audio, Accepted()) == (Extension(1, ExtensionKind.MID),)
