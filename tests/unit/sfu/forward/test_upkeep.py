from dataclasses import replace

import pytest

from parlor.sfu.forward.hearing import hear
from parlor.sfu.forward.upkeep import CHOICE_S, FEEDBACK_S, PUBLISHED_BPS
from parlor.wire.webrtc.rtcp import (
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    SenderReport,
    TransportFeedback,
)
from tests.support.forwarding import Source, Stage, spoken
from tests.support.meeting import audio_description, video_description


def said(stage, peer, kind):
    return [packet for packet in stage.rtcp_to(peer) if isinstance(packet, kind)]


def test_arrivals_are_told_ten_times_a_second_and_not_at_all_when_there_are_none():
    stage = Stage()
    anna = stage.peer("anna")
    stage.router.publish(anna, audio_description("0", 7))
    for seq in range(10):
        anna.arrivals.on_packet(seq.to_bytes(2), stage.now)
        stage.pass_time(FEEDBACK_S)
    stage.pass_time(1.0)
    reports = said(stage, anna, TransportFeedback)
    assert len(reports) == 10
    assert [one.number for one in reports] == list(range(10))


def test_only_a_publisher_that_takes_a_limit_is_told_one():
    stage = Stage()
    anna, bert = stage.peer("anna"), stage.peer("bert")
    plain = video_description("1", ssrc=10)
    stage.router.publish(anna, plain)
    stage.router.publish(bert, replace(plain, ssrc=20, feedback=frozenset({"goog-remb"})))
    for peer, ssrc in ((anna, 10), (bert, 20)):
        stage.router.on_rtp(peer, Source(ssrc).film(count=1)[0], stage.now)
    stage.pass_time(1.05)
    assert said(stage, anna, Remb) == []
    assert said(stage, bert, Remb) == [Remb(bert.ssrc, PUBLISHED_BPS // 32 * 32, (20,))]


def test_reports_of_many_streams_come_in_datagrams_that_hold_them():
    stage = Stage()
    anna, bert = stage.peer("anna"), stage.peer("bert")
    for n in range(70):
        track = stage.router.publish(anna, audio_description(str(n), 100 + n))
        stage.router.subscribe(bert, track, str(n), 1_000 + n)
        stage.router.on_rtp(anna, spoken(1, 100 + n, mid=str(n)), stage.now)
    reports = [SenderReport(100 + n, 1 << 40, 960, 1, 1) for n in range(70)]
    hear(stage.router, anna, reports, stage.now)
    stage.pass_time(1.05)
    blocks = [len(one.blocks) for one in said(stage, anna, ReceiverReport)]
    assert blocks == [31, 31, 8]
    assert len(said(stage, bert, SenderReport)) == 70


def test_nothing_is_asked_of_a_peer_that_nothing_may_be_sent_to():
    stage = Stage()
    anna, bert = stage.peer("anna"), stage.peer("bert")
    track = stage.router.publish(anna, video_description("1", ssrc=10))
    stage.router.subscribe(bert, track, "0", 1_000, 1_001)
    anna.path = None
    stage.pass_time(1.0)
    assert stage.rtcp_to(anna) == []


def test_a_wish_of_somebody_who_left_is_not_asked_for():
    stage = Stage()
    anna, bert = stage.peer("anna"), stage.peer("bert")
    track = stage.router.publish(anna, video_description("1", ssrc=10))
    watch = stage.router.subscribe(bert, track, "0", 1_000, 1_001)
    stage.router.unsubscribe(watch, stage.now)
    stage.pass_time(1.0)
    assert said(stage, anna, Pli) == []
    assert stage.router.take_needy() == []


def test_too_many_lost_at_once_are_answered_by_a_key_frame():
    stage = Stage()
    anna, bert = stage.peer("anna"), stage.peer("bert")
    track = stage.router.publish(anna, video_description("1", ssrc=10))
    stage.router.subscribe(bert, track, "0", 1_000, 1_001)
    source = Source(10, seq=0)
    stage.router.on_rtp(anna, source.film(key=True, count=1)[0], stage.now)
    stage.pass_time(1.0)
    stage.rtcp_to(anna)
    source.seq += 500
    stage.router.on_rtp(anna, source.film(count=1)[0], stage.now)
    stage.pass_time(0.1)
    packets = stage.rtcp_to(anna)
    assert Pli(anna.ssrc, 10) in packets
    assert not any(isinstance(one, Nack) for one in packets)


@pytest.mark.parametrize(("bits_per_s", "rid"), [(1e9, "h"), (1_000.0, "q")])
def test_layers_follow_the_bandwidth_within_a_choice(bits_per_s, rid):
    stage = Stage()
    anna, bert = stage.peer("anna"), stage.peer("bert")
    track = stage.router.publish(anna, video_description("1", (180, 360)))
    watch = stage.router.subscribe(bert, track, "0", 1_000, 1_001)
    bert.bandwidth.on_remb(round(bits_per_s))
    low, high = Source(10, "q"), Source(11, "h")
    for _ in range(40):
        for source, count in ((low, 20), (high, 60)):
            for packet in source.film(key=True, count=count):
                stage.router.on_rtp(anna, packet, stage.now)
        stage.pass_time(CHOICE_S / 5)
    assert watch.layer is not None
    assert watch.layer.rid == rid
