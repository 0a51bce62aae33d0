from dataclasses import replace

import pytest

from parlor.sfu.forward.description import LayerDescription, describe
from parlor.sfu.forward.track import Track
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.sdp import Accepted, Direction, build_answer, parse_session
from tests.support.descriptions import HERE, NAMES, from_chromium


def described(name, **accepted):
    offer = parse_session(from_chromium(name))
    answer = build_answer(offer, HERE, id=1, version=1, accepted=Accepted(**accepted))
    return [
        one
        for offered, answered in zip(offer.media, answer.media, strict=True)
        if (one := describe(offered, answered)) is not None
    ]


def test_what_chromium_publishes_is_described():
    audio, video = described("audio_video.offer.sdp", video=("VP8",))
    assert (audio.kind, audio.codec, audio.clock_rate) == ("audio", "red", 48_000)
    assert set(audio.payload_types.values()) == {111, 63}
    assert (video.kind, video.codec, video.clock_rate) == ("video", "VP8", 90_000)
    assert list(video.payload_types.values()) == [96]
    assert list(video.rtx.values()) == list(video.payload_types)
    assert video.layers == (LayerDescription(),)
    assert None not in (audio.ssrc, video.ssrc, video.rtx_ssrc)
    assert {"nack", "transport-cc"} <= video.feedback
    assert ExtensionKind.TRANSPORT_SEQ in video.extensions


def test_only_the_first_codec_of_a_video_is_forwarded():
    (video,) = [one for one in described("audio_video.offer.sdp") if one.kind == "video"]
    assert video.codec == "VP8"
    assert set(video.payload_types.values()) == {96}


@pytest.mark.parametrize("name", [name for name in NAMES if "offer" in name])
def test_every_offer_of_chromium_can_be_described(name):
    for one in described(name):
        assert one.payload_types
        assert len(one.layers) == 1 or one.ssrc is None
        assert Track("anna", one).layers


def test_layers_are_in_the_order_of_their_heights():
    name = next(name for name in NAMES if "simulcast" in name and "offer" in name)
    offer = parse_session(from_chromium(name))
    answer = build_answer(offer, HERE, id=1, version=1)
    at = next(n for n, media in enumerate(answer.media) if media.rids)
    rids = [rid.id for rid in answer.media[at].rids]
    heights = {rid: 1_000 - n for n, rid in enumerate(rids)}
    found = describe(offer.media[at], answer.media[at], heights)
    assert found is not None
    assert [layer.rid for layer in found.layers] == rids[::-1]
    assert [layer.height for layer in found.layers] == sorted(heights.values())


def test_a_section_that_publishes_nothing_is_no_track():
    offer = parse_session(from_chromium("audio_video.offer.sdp"))
    answer = build_answer(offer, HERE, id=1, version=1)
    silent = replace(answer.media[0], direction=Direction.INACTIVE)
    assert describe(offer.media[0], silent) is None
    assert describe(offer.media[0], replace(answer.media[0], port=0)) is None
