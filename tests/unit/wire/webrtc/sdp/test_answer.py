from dataclasses import replace

import pytest
from hypothesis import given

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp import (
    Accepted,
    Direction,
    Layer,
    Msid,
    Outgoing,
    Rid,
    Sctp,
    Setup,
    Simulcast,
    build_answer,
    build_offer,
    check_answer,
    parse_session,
    write_session,
)
from parlor.wire.webrtc.sdp.offer import Slot
from tests.support.descriptions import (
    HERE,
    NAMES,
    SHORT,
    from_chromium,
    shuffled,
    with_lines,
    without_lines,
)
from tests.support.patient import PATIENT

TRACK = Outgoing("stream", "track", "cname", 1_111, 2_222)


def answered(text, **more):
    return build_answer(parse_session(text), HERE, id=7, version=1, **more)


def refused(text):
    with pytest.raises(Malformed) as fault:
        answered(text)
    return fault.value.reason


@pytest.mark.parametrize("name", [name for name in NAMES if "offer" in name])
def test_what_chromium_offers_is_answered_and_the_answer_fits(name):
    offer = parse_session(from_chromium(name))
    answer = build_answer(offer, HERE, id=7, version=1, accepted=Accepted(data_channels=True))
    check_answer(offer, answer)
    assert parse_session(write_session(answer)) == answer
    assert [media.rejected for media in answer.media] == [m.rejected for m in offer.media]


def test_the_answer_is_an_ice_lite_ends_with_its_own_transport():
    answer = answered(from_chromium("audio_video.offer.sdp"))
    assert answer.ice_lite
    assert answer.bundles == (("0", "1"),)
    first, second = (media.transport for media in answer.media)
    assert first == replace(HERE, setup=Setup.PASSIVE)
    assert second == replace(first, candidates=(), end_of_candidates=False)


@pytest.mark.parametrize(
    ("offered", "sending", "expected"),
    [
        (Direction.SENDRECV, False, Direction.RECVONLY),
        (Direction.SENDRECV, True, Direction.SENDRECV),
        (Direction.SENDONLY, True, Direction.RECVONLY),
        (Direction.RECVONLY, True, Direction.SENDONLY),
        (Direction.RECVONLY, False, Direction.INACTIVE),
        (Direction.INACTIVE, True, Direction.INACTIVE),
    ],
)
def test_the_direction_is_the_offers_from_the_other_side(offered, sending, expected):
    text = SHORT.replace("a=sendonly", f"a={offered}")
    video = answered(text, sending={"1": TRACK} if sending else {}).media[1]
    assert video.direction is expected
    assert video.msids == ((Msid("stream", "track"),) if expected.sends else ())
    assert [ssrc.id for ssrc in video.ssrcs] == ([1_111, 2_222] if expected.sends else [])


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("actpass", Setup.PASSIVE), ("active", Setup.PASSIVE), ("passive", Setup.ACTIVE)],
)
def test_this_end_waits_for_the_handshake_unless_the_peer_does(offered, chosen):
    assert answered(SHORT.replace("actpass", offered)).media[0].transport.setup is chosen


def test_layers_of_simulcast_are_received_as_they_are_sent():
    video = answered(from_chromium("simulcast.offer.sdp")).media[1]
    assert video.rids == (Rid("q", False), Rid("h", False), Rid("f", False))
    assert video.simulcast == Simulcast(recv=((Layer("q"),), (Layer("h"),), (Layer("f"),)))


def test_more_layers_than_are_accepted_are_left_out():
    text = with_lines(
        *[f"a=rid:{n} send" for n in range(5)], "a=simulcast:send 0,4;~1;2;3;9", section=2
    )
    video = answered(text).media[1]
    assert video.simulcast == Simulcast(recv=((Layer("0"),), (Layer("1"),), (Layer("2"),)))
    assert [rid.id for rid in video.rids] == ["0", "1", "2"]


def test_layers_that_nobody_announced_are_none():
    assert answered(with_lines("a=simulcast:send 1;2", section=2)).media[1].simulcast is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("UDP/TLS/RTP/SAVPF 96", "RTP/AVP 96"),
        ("m=video 9", "m=text 9"),
        ("VP8/90000", "VP7/90000"),
        ("BUNDLE 0 1", "BUNDLE 0"),
        ("a=sendonly\r\na=rtcp-mux", "a=sendonly"),
        ("m=video 9", "m=video 0"),
    ],
)
def test_a_section_that_cannot_be_had_is_rejected_alone(old, new):
    assert old in SHORT
    answer = answered(SHORT.replace(old, new))
    assert [media.rejected for media in answer.media] == [False, True]
    assert answer.bundles == (("0",),)
    assert answer.media[1].mid == "1"
    assert answer.media[1].direction is Direction.INACTIVE


def test_the_transport_moves_to_the_first_section_that_is_accepted():
    answer = answered(SHORT.replace("opus", "speex"))
    assert [media.rejected for media in answer.media] == [True, False]
    assert answer.media[1].transport.candidates == HERE.candidates


def test_nothing_acceptable_is_an_answer_too():
    answer = answered(SHORT.replace("opus", "speex").replace("VP8", "VP7"))
    assert all(media.rejected for media in answer.media)
    assert answer.bundles == ()


def test_data_channels_are_taken_by_those_that_have_them():
    text = from_chromium("datachannel.offer.sdp")
    assert answered(text).media[0].rejected
    data = answered(text, accepted=Accepted(data_channels=True, max_message_size=9)).media[0]
    assert (data.sctp, data.formats) == (Sctp(5_000, 9), ("webrtc-datachannel",))


def test_an_offer_without_a_group_is_answered_when_it_has_one_section():
    alone = without_lines("a=group").split("m=video")[0]
    answer = answered(alone)
    assert (answer.bundles, answer.media[0].rejected) == ((), False)


def test_an_offer_that_contradicts_itself_or_lacks_something_is_refused():
    assert refused(without_lines("a=fingerprint")) is Reason.MISSING
    assert refused(without_lines("a=ice-")) is Reason.MISSING
    assert refused(without_lines("a=setup")) is Reason.MISSING
    twice = SHORT.replace("SAVPF 96 97", "SAVPF 111").replace("rtpmap:96 VP8", "rtpmap:111 VP8")
    assert refused(twice) is Reason.VALUE


@PATIENT
@given(shuffled())
def test_whatever_was_done_to_an_offer_the_answer_fits_or_it_is_malformed(text):
    try:
        offer = parse_session(text)
        answer = build_answer(offer, HERE, id=1, version=1, accepted=Accepted(data_channels=True))
    except Malformed:
        return
    assert parse_session(write_session(answer)) == answer
    assert len(answer.media) == len(offer.media)
    if answer.bundles:
        check_answer(offer, answer)


OFFER = build_offer(
    [Slot("0", "opus", replace(TRACK, rtx_ssrc=None)), Slot("1", "VP8", TRACK)],
    HERE,
    id=1,
    version=1,
)
REPLY = write_session(build_answer(OFFER, replace(HERE, ufrag="peer"), id=2, version=1)).replace(
    "a=ice-lite\r\n", ""
)


def test_a_reply_that_fits_is_taken():
    check_answer(OFFER, parse_session(REPLY))
    check_answer(OFFER, parse_session(REPLY.replace("m=video 9", "m=video 0")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=mid:1", "a=mid:2"),
        ("BUNDLE 0 1", "BUNDLE 0"),
        ("m=video 9", "m=audio 9"),
        ("a=rtpmap:96 VP8", "a=rtpmap:96 VP9"),
        ("SAVPF 96 97", "SAVPF 96 97 99"),
        ("a=extmap:1 ", "a=extmap:9 "),
        ("a=recvonly", "a=sendrecv"),
        ("a=setup:passive", "a=setup:actpass"),
        ("a=setup:passive", "a=setup:holdconn"),
        ("a=ice-ufrag:peer", "a=x:peer"),
        ("a=rtcp-mux\r\n", ""),
    ],
)
def test_a_reply_that_does_not_fit_the_offer_is_refused(old, new):
    assert old in REPLY
    with pytest.raises(Malformed):
        check_answer(OFFER, parse_session(REPLY.replace(old, new)))


def test_a_reply_with_a_section_less_or_one_revived_is_refused():
    cut = REPLY.split("m=video")[0].replace("BUNDLE 0 1", "BUNDLE 0")
    dead = replace(OFFER, media=(OFFER.media[0], replace(OFFER.media[1], port=0)))
    for offer, text in [(OFFER, cut), (dead, REPLY)]:
        with pytest.raises(Malformed):
            check_answer(offer, parse_session(text))


def test_a_reply_that_receives_what_is_not_sent_is_refused():
    quiet = build_offer([Slot("0", "opus"), Slot("1", "VP8")], HERE, id=1, version=1)
    with pytest.raises(Malformed):
        check_answer(quiet, parse_session(REPLY))
