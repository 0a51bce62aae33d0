from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.sdp import (
    OFFERED_CODECS,
    OFFERED_EXTENSIONS,
    Direction,
    Outgoing,
    Setup,
    Slot,
    build_answer,
    build_offer,
    check_answer,
    parse_session,
    write_session,
)
from parlor.wire.webrtc.sdp.bundle import check_agreement
from tests.support.descriptions import HERE
from tests.support.patient import PATIENT

TRACKS = st.builds(
    Outgoing,
    stream=st.sampled_from(["-", "ann", "ben"]),
    track=st.sampled_from(["camera", "screen"]),
    cname=st.just("c"),
    ssrc=st.integers(0, 2**32 - 1),
    rtx_ssrc=st.none() | st.integers(0, 2**32 - 1),
)


def test_a_track_is_offered_with_its_names_and_sources():
    track = Outgoing("ann", "camera", "c", 5, 6)
    offer = build_offer([Slot("0", "VP9", track)], HERE, id=1, version=2)
    [video] = offer.media
    assert (video.kind, video.direction) == ("video", Direction.SENDONLY)
    assert [codec.name for codec in video.codecs] == ["VP9", "rtx"]
    lines = write_session(offer).split("\r\n")
    assert "a=msid:ann camera" in lines
    assert "a=ssrc-group:FID 5 6" in lines
    assert "a=ssrc:5 cname:c" in lines
    assert "a=ice-lite" in lines
    assert "a=setup:actpass" in lines


def test_a_slot_without_a_track_keeps_its_place():
    offer = build_offer(
        [Slot("0", "opus"), Slot("1", "H264", Outgoing("a", "b", "c", 1))], HERE, id=1, version=1
    )
    assert [media.direction for media in offer.media] == [Direction.INACTIVE, Direction.SENDONLY]
    assert offer.bundles == (("0", "1"),)
    assert offer.media[0].msids == ()
    assert offer.media[1].groups == ()


def test_the_candidates_are_said_once_and_the_rest_of_the_transport_in_each():
    slots = [Slot(str(at), "opus") for at in range(50)]
    offer = build_offer(slots, HERE, id=1, version=1)
    assert [len(media.transport.candidates) for media in offer.media] == [1] + [0] * 49
    assert {media.transport.ufrag for media in offer.media} == {HERE.ufrag}
    assert {media.transport.setup for media in offer.media} == {Setup.ACTPASS}


def test_nothing_to_forward_is_an_offer_too():
    offer = build_offer([], HERE, id=1, version=1)
    assert (offer.media, offer.bundles) == ((), ())
    assert parse_session(write_session(offer)) == offer


def test_a_number_means_the_same_in_all_offers():
    slots = [Slot(str(at), codec) for at, codec in enumerate(OFFERED_CODECS)]
    check_agreement(build_offer(slots, HERE, id=1, version=1).media)
    assert len(set(OFFERED_EXTENSIONS.values())) == len(OFFERED_EXTENSIONS)


@PATIENT
@given(st.lists(st.tuples(st.sampled_from(list(OFFERED_CODECS)), st.none() | TRACKS), max_size=12))
def test_any_offer_of_ours_survives_its_text_and_is_accepted_by_our_own_answer(chosen):
    slots = [Slot(str(at), codec, track) for at, (codec, track) in enumerate(chosen)]
    offer = build_offer(slots, HERE, id=1, version=1)
    assert [media.rejected for media in offer.media] == [False] * len(slots)
    answer = build_answer(offer, HERE, id=2, version=1)
    check_answer(offer, answer)
    for slot, media in zip(slots, answer.media, strict=True):
        assert not media.rejected
        assert media.direction.receives is (slot.track is not None)
        assert media.codecs[0].name == slot.codec or slot.codec == "red"
