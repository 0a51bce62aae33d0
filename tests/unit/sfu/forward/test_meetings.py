"""Whole meetings in virtual time over bad networks: what people would see and hear."""

from itertools import pairwise

import pytest

from parlor.sfu.forward.drop import Drop
from parlor.sfu.forward.history import PACKETS
from parlor.wire.webrtc.rtp import build_packet
from parlor.wire.webrtc.sequence import distance
from tests.support.meeting import Meeting

AUDIO_HZ = 48_000


def pair(*heights, packets=2, **network):
    """Anna speaks and films, Bert hears and sees; a second after they have met."""
    meeting = Meeting(**network)
    anna, bert = meeting.join("anna"), meeting.join("bert")
    while not (anna.peer.path and bert.peer.path and anna.browser.srtp and bert.browser.srtp):
        meeting.run(0.1)
    voice, video = meeting.speaks(anna), meeting.films(anna, *heights, packets=packets)
    return meeting, meeting.watches(bert, voice), meeting.watches(bert, video)


def longest_gap_s(screen):
    """Between two packets of audio that came: what no loss concealment has to bridge."""
    stamps = [screen.came[seq][0] for seq in sorted(screen.came)]
    return max(distance(later, one, 32) for one, later in pairwise(stamps)) / AUDIO_HZ


def shown_after(screen, since):
    return [at for at, _, _ in screen.shown if at > since]


def test_without_loss_every_frame_is_shown_and_nothing_is_asked_for_twice():
    meeting, hears, sees = pair(seed=1)
    meeting.run(4.0)
    camera = meeting.people["anna"].browser.cameras[0]
    assert camera.keys == 1
    assert len(sees.shown) >= 4 * 29
    assert (sees.resent, sees.missing) == (0, {})
    assert longest_gap_s(hears) < 0.04
    assert meeting.board.dropped == {}


@pytest.mark.parametrize("seed", range(3))
def test_five_in_a_hundred_lost_and_a_tenth_of_a_second_away_is_a_usable_call(seed):
    meeting, hears, sees = pair(seed=seed, loss=0.05, delay_s=0.1, jitter_s=0.01, doubled=0.02)
    began = meeting.now
    meeting.run(10.0)
    assert len(sees.shown) > 10 * (meeting.now - began)
    assert longest_gap_s(hears) < 0.2
    assert sees.resent > 0


def test_a_fifth_lost_for_ten_seconds_is_recovered_from():
    meeting, hears, sees = pair(180, 360, 720, seed=5, delay_s=0.05, packets=1)
    meeting.run(3.0)
    meeting.loss = 0.2
    meeting.run(10.0)
    meeting.loss = 0.0
    meeting.run(2.0)
    recovered = meeting.now
    meeting.run(3.0)
    assert len(shown_after(sees, recovered)) >= 3 * 28
    assert longest_gap_s(hears) < 0.3


def test_a_narrow_way_gets_a_lower_layer_and_a_wide_one_a_better_again():
    meeting, _, sees = pair(180, 360, 720, seed=2, delay_s=0.03, packets=1)
    meeting.run(6.0)
    assert chr(sees.shown[-1][1]) == "f"
    meeting.bits_per_s = 450_000.0
    meeting.run(8.0)
    narrow = meeting.now
    meeting.run(3.0)
    assert {chr(layer) for at, layer, _ in sees.shown if at > narrow} == {"q"}
    assert len(shown_after(sees, narrow)) >= 3 * 28
    meeting.bits_per_s = None
    meeting.run(25.0)
    assert chr(sees.shown[-1][1]) in "hf"


def test_a_layer_that_the_browser_stops_is_replaced():
    meeting, _, sees = pair(180, 360, seed=3)
    meeting.run(3.0)
    assert chr(sees.shown[-1][1]) == "h"
    meeting.people["anna"].browser.cameras[1].on = False
    meeting.run(4.0)
    stopped = meeting.now
    meeting.run(1.0)
    assert len(shown_after(sees, stopped)) >= 28
    meeting.people["anna"].browser.cameras[1].on = True
    meeting.run(3.0)
    assert chr(sees.shown[-1][1]) == "h"


def test_one_bad_receiver_costs_the_others_no_frame():
    meeting, _, sees = pair(seed=6)
    carl = meeting.join("carl")
    meeting.run(1.0)
    video = next(track for track in meeting.router.tracks if track.is_video)
    meeting.watches(carl, video)
    carl.browser.wants = False
    meeting.run(4.0)
    assert len(sees.shown) >= 5 * 29
    assert meeting.people["anna"].browser.cameras[0].keys <= 3


def test_six_people_see_and_hear_each_other():
    meeting = Meeting(seed=7, loss=0.01, jitter_s=0.01)
    people = [meeting.join(f"p{n}") for n in range(6)]
    meeting.run(2.0)
    tracks = [(one, meeting.speaks(one), meeting.films(one, 180, packets=1)) for one in people]
    screens = [
        (meeting.watches(one, voice), meeting.watches(one, video))
        for one in people
        for owner, voice, video in tracks
        if owner is not one
    ]
    meeting.run(3.0)
    assert len(screens) == 30
    assert all(len(hears.came) > 120 for hears, _ in screens)
    assert all(len(sees.shown) > 60 for _, sees in screens)


def test_hostile_packets_leave_the_meeting_and_the_memory_as_they_were():
    meeting, hears, sees = pair(seed=8)
    anna = meeting.people["anna"]
    meeting.run(1.0)
    sealed = anna.browser.speak_once()
    meeting.throw([sealed], anna.browser.path)
    sources, fresh = anna.peer.transport.srtp.sources, anna.browser.speak_once()
    for n in range(300):
        own = bytes(build_packet(100, n, n, 900_000 + n, b"never announced"))
        forged = fresh[:-1] + bytes([fresh[-1] ^ 1 + n % 255])
        meeting.throw([sealed, forged, anna.browser.srtp.protect(own)], anna.browser.path)
        meeting.throw([forged, bytes([n % 256]) * 40], meeting.people["bert"].browser.path)
    heard, shown = len(hears.came), len(sees.shown)
    meeting.run(2.0)
    refused = anna.peer.transport.dropped()
    assert refused[Drop.REPLAYED] == refused[Drop.FORGED] == 300
    assert anna.peer.dropped == {Drop.NOT_PUBLISHED: 300}
    assert (len(anna.peer.sources), anna.peer.srtp.sources) == (2, sources)
    assert len(hears.came) - heard >= 95
    assert len(sees.shown) - shown >= 58


def test_what_a_call_keeps_does_not_grow_with_its_length():
    meeting, _, sees = pair(180, seed=9, loss=0.03)
    sizes = []
    for _ in range(3):
        meeting.run(8.0)
        video = next(track for track in meeting.router.tracks if track.is_video)
        layer, bert = video.layers[0], meeting.people["bert"]
        watch = bert.watches[video]
        sizes.append(
            [
                layer.history.size < PACKETS / 2,
                len(layer.missing) < 64,
                len(watch._resent) <= 256,
                len(bert.peer.bandwidth._marks) < 500,
                len(meeting.people["anna"].peer.arrivals.pending) < 200,
                len(meeting.router.take_needy()) <= 2,
                len(meeting.board.take_events()) == 0,
            ]
        )
    assert sizes == [[True] * 7] * 3
    assert len(sees.shown) > 20 * 25
