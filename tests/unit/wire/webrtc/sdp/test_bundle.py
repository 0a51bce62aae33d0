import pytest

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp import parse_session, peer_transport
from parlor.wire.webrtc.sdp.bundle import bundled, check_agreement
from tests.support.descriptions import SHORT, from_chromium, with_lines, without_lines


def test_the_sections_of_the_first_group_share_a_transport():
    assert bundled(parse_session(SHORT)) == [0, 1]
    assert bundled(parse_session(SHORT.replace("BUNDLE 0 1", "BUNDLE 1 0"))) == [1, 0]
    assert bundled(parse_session(from_chromium("stopped.offer.sdp"))) == [1, 2]
    two = SHORT.replace("BUNDLE 0 1", "BUNDLE 0\r\na=group:BUNDLE 1")
    assert bundled(parse_session(two)) == [0]


def test_without_a_group_only_a_section_that_is_alone_has_one():
    assert bundled(parse_session(without_lines("a=group"))) == []
    alone = without_lines("a=group").replace("m=audio 9", "m=audio 0")
    assert bundled(parse_session(alone)) == [1]


def test_the_peers_transport_is_said_in_the_section_that_comes_first_in_the_answer():
    offer = parse_session(from_chromium("balanced.offer.sdp"))
    swapped = from_chromium("balanced.answer.sdp").replace("BUNDLE 0 1", "BUNDLE 1 0")
    assert peer_transport(offer, parse_session(swapped)) == offer.media[1].transport
    straight = parse_session(from_chromium("balanced.answer.sdp"))
    assert peer_transport(offer, straight) == offer.media[0].transport
    assert peer_transport(straight, straight) == straight.media[0].transport


@pytest.mark.parametrize(
    ("offer", "answer", "reason"),
    [
        (
            SHORT,
            from_chromium("stopped.answer.sdp").replace("BUNDLE 1 2", "BUNDLE"),
            Reason.MISSING,
        ),
        (SHORT.split("m=")[0].replace("a=group:BUNDLE 0 1", "a=x"), SHORT, Reason.MISSING),
        (without_lines("a=ice-"), SHORT, Reason.MISSING),
        (without_lines("a=fingerprint"), SHORT, Reason.MISSING),
        (without_lines("a=setup"), SHORT, Reason.MISSING),
        (SHORT.replace("actpass", "holdconn"), SHORT, Reason.VALUE),
    ],
)
def test_a_peer_that_does_not_say_enough_is_refused(offer, answer, reason):
    with pytest.raises(Malformed) as fault:
        peer_transport(parse_session(offer), parse_session(answer))
    assert fault.value.reason is reason


@pytest.mark.parametrize(
    "text",
    [
        SHORT.replace("SAVPF 96 97", "SAVPF 111").replace("rtpmap:96 VP8", "rtpmap:111 VP8"),
        with_lines("a=extmap:1 urn:a").replace("a=sendonly", "a=sendonly\r\na=extmap:1 urn:b"),
    ],
)
def test_a_number_with_two_meanings_on_one_transport_is_refused(text):
    with pytest.raises(Malformed) as fault:
        check_agreement(parse_session(text).media)
    assert fault.value.reason is Reason.VALUE


def test_what_chromium_offers_agrees_with_itself():
    check_agreement(parse_session(from_chromium("everything.offer.sdp")).media)
