from dataclasses import replace

from parlor.sfu.forward.sources import Sources
from parlor.sfu.forward.track import Track
from parlor.wire.webrtc.header_extensions import parse_extensions
from parlor.wire.webrtc.rtp import parse_packet
from tests.support.forwarding import Source, spoken
from tests.support.meeting import audio_description, video_description


def of(sources, data):
    packet = parse_packet(data)
    return sources.of(packet.ssrc) or sources.learn(packet, parse_extensions(packet))


def test_sources_are_learned_by_section_and_layer():
    forgotten: list[int] = []
    track, voice = (
        Track("anna", video_description("1", (180, 360))),
        Track("anna", audio_description()),
    )
    sources = Sources(forgotten.append)
    sources.add(track)
    sources.add(voice)
    low, high = Source(10, "q"), Source(11, "h")
    first = high.film(count=1)[0]
    assert of(sources, first) == (track.layers[1], False)
    assert of(sources, high.repaired(first, 1, 99)) == (track.layers[1], True)
    assert of(sources, low.film(count=1)[0]) == (track.layers[0], False)
    assert of(sources, spoken(1)) == (voice.layers[0], False)
    assert of(sources, Source(12, "f").film(count=1)[0]) is None
    assert (len(sources), forgotten) == (4, [])


def test_a_layer_has_one_source_at_a_time_and_the_one_before_is_forgotten():
    forgotten: list[int] = []
    sources, track = Sources(forgotten.append), Track("anna", video_description("1", (180, 360)))
    sources.add(track)
    for ssrc in range(10, 400):
        of(sources, Source(ssrc, "q").film(count=1)[0])
    assert (len(sources), len(forgotten)) == (1, 389)
    sources.remove(track)
    assert (len(sources), forgotten[-1]) == (0, 399)


def test_without_a_name_a_payload_type_must_mean_one_track_only():
    sources = Sources(lambda ssrc: None)
    video = video_description("1")
    bare = replace(video, extensions={})
    sources.add(Track("anna", bare))
    assert of(sources, Source(10).film(count=1)[0]) is not None
    sources.add(Track("anna", replace(bare, mid="2")))
    assert of(sources, Source(11).film(count=1)[0]) is None


def test_sources_of_the_description_need_no_words():
    described = replace(video_description("1", ssrc=10), rtx_ssrc=11)
    sources, track = Sources(lambda ssrc: None), Track("anna", described)
    sources.add(track)
    assert sources.of(10) == (track.layers[0], False)
    assert sources.of(11) == (track.layers[0], True)
