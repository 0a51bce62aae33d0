from dataclasses import replace
from itertools import pairwise

import pytest

from parlor.sfu.forward.drop import Drop
from parlor.sfu.forward.hearing import MAX_ANSWERED, hear
from parlor.sfu.forward.subscription import MAX_RESENT
from parlor.sfu.forward.translation import MAX_TAIL_BYTES
from parlor.wire.webrtc.extension_kinds import ExtensionKind
from parlor.wire.webrtc.header_extensions import build_extensions, parse_extensions
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.red import RedBlock, build_red, parse_red
from parlor.wire.webrtc.rtcp import Nack, Pli, ReceiverReport, ReportBlock, SenderReport
from parlor.wire.webrtc.rtp import build_packet, parse_packet
from parlor.wire.webrtc.sdp import OFFERED_EXTENSIONS
from tests.support.forwarding import Source, Stage, part_of, restored, spoken
from tests.support.media_peer import EXTENSIONS, OPUS, VP8
from tests.support.meeting import audio_description, video_description

KINDS = {id_: uri for uri, id_ in OFFERED_EXTENSIONS.items()}


class Call(Stage):
    """Anna publishes, Bert watches."""

    def __init__(self, *heights):
        super().__init__()
        self.anna, self.bert = self.peer("anna"), self.peer("bert")
        self.voice = self.router.publish(self.anna, audio_description("0", 7))
        self.video = self.router.publish(self.anna, video_description("1", heights))
        self.hears = self.router.subscribe(self.bert, self.voice, "0", 1_000)
        self.sees = self.router.subscribe(self.bert, self.video, "1", 2_000, 2_001)
        self.layers = [Source(10 + n, rid) for n, rid in enumerate("qhf"[: len(heights)] or [""])]

    def give(self, *packets):
        for packet in packets:
            self.router.on_rtp(self.anna, packet, self.now)
        return self.sent_to(self.bert)

    def nack(self, *lost, ssrc=2_000):
        hear(self.router, self.bert, [Nack(1, ssrc, lost)], self.now)
        return self.sent_to(self.bert)


def test_a_packet_goes_out_under_the_receivers_own_numbers():
    call = Call()
    first, second = call.give(spoken(5), spoken(6))
    assert (first.ssrc, first.payload_type, first.payload) == (1_000, 111, b"voice")
    assert (second.seq - first.seq, second.timestamp - first.timestamp) == (1, 960)


def test_extensions_are_the_receivers_with_its_own_mid_and_count():
    call = Call()
    sent = call.give(spoken(5, level=17), *call.layers[0].film(key=True, count=1))
    values = [{KINDS[id_]: value for id_, value in parse_extensions(one).items()} for one in sent]
    level, seq, mid = ExtensionKind.AUDIO_LEVEL, ExtensionKind.TRANSPORT_SEQ, ExtensionKind.MID
    assert values == [
        {seq: b"\0\1", mid: b"0", level: bytes([17])},
        {seq: b"\0\2", mid: b"1"},
    ]


def test_a_value_of_more_than_16_bytes_comes_in_the_two_byte_form():
    call = Call()
    uri = ExtensionKind.DEPENDENCY_DESCRIPTOR
    call.router.unpublish(call.anna, call.video, call.now)
    plain = video_description("1")
    extended = replace(plain, extensions={**plain.extensions, uri: 9})
    track = call.router.publish(call.anna, extended)
    call.router.subscribe(call.bert, track, "long", 3_000, 3_001)
    packet = parse_packet(call.layers[0].film(key=True, count=1)[0])
    values = parse_extensions(packet) | {9: bytes(range(40))}
    rebuilt = build_packet(
        VP8, packet.seq, 1, packet.ssrc, packet.payload, extensions=build_extensions(values)
    )
    (sent,) = call.give(bytes(rebuilt))
    read = parse_extensions(sent)
    assert read[OFFERED_EXTENSIONS[uri]] == bytes(range(40))
    assert read[OFFERED_EXTENSIONS[ExtensionKind.MID]] == b"long"
    (again,) = call.nack(sent.seq, ssrc=3_000)
    assert parse_extensions(again)[OFFERED_EXTENSIONS[uri]] == bytes(range(40))


def test_a_video_begins_with_a_key_frame_which_is_asked_for():
    call = Call()
    assert call.give(*call.layers[0].film()) == []
    call.pass_time(0.02)
    assert Pli(call.anna.ssrc, 10) in call.rtcp_to(call.anna)
    assert len(call.give(*call.layers[0].film(key=True))) == 3
    assert len(call.give(*call.layers[0].film())) == 3


def test_fifty_wishes_for_a_key_frame_are_one_request():
    call = Call()
    call.give(*call.layers[0].film(key=True))
    call.pass_time(1.0)
    call.rtcp_to(call.anna)
    for _ in range(50):
        hear(call.router, call.bert, [Pli(1, 2_000)], call.now)
    call.pass_time(0.1)
    assert [one for one in call.rtcp_to(call.anna) if isinstance(one, Pli)] == [Pli(1, 10)]


def test_a_lost_packet_is_asked_for_and_fills_its_place_when_it_comes():
    call = Call()
    first, lost, last = call.layers[0].film(key=True)
    sent = call.give(first, last)
    assert sent[1].seq - sent[0].seq == 2
    call.pass_time(0.02)
    nack = next(one for one in call.rtcp_to(call.anna) if isinstance(one, Nack))
    assert nack.lost == (parse_packet(lost).seq,)
    (filled,) = call.give(call.layers[0].repaired(lost, 1, 99))
    assert filled.seq == sent[0].seq + 1
    assert part_of(filled)[2] == 1


def test_a_packet_that_comes_again_by_retransmission_is_dropped():
    call = Call()
    packets = call.layers[0].film(key=True)
    call.give(*packets)
    assert call.give(call.layers[0].repaired(packets[1], 1, 99)) == []
    assert call.anna.dropped == {Drop.DOUBLED: 1}


def test_a_receiver_that_lost_a_packet_gets_it_from_the_history():
    call = Call()
    sent = call.give(*call.layers[0].film(key=True))
    (again,) = call.nack(sent[1].seq)
    assert (again.ssrc, again.payload_type) == (2_001, 97)
    back = restored(again, 2_000)
    assert (back.seq, back.timestamp) == (sent[1].seq, sent[1].timestamp)
    assert back.payload == sent[1].payload


def test_a_packet_is_not_sent_again_before_the_last_answer_can_have_arrived():
    call = Call()
    sent = call.give(*call.layers[0].film(key=True))
    assert len(call.nack(sent[1].seq)) == 1
    assert call.nack(sent[1].seq) == []
    answers = 1
    for _ in range(3 * MAX_RESENT):
        call.now += call.bert.round_trip_s
        answers += len(call.nack(sent[1].seq))
    assert answers == MAX_RESENT


def test_of_one_datagram_no_more_requests_are_looked_for_than_the_limit():
    call = Call()
    sent = call.give(*call.layers[0].film(key=True, count=MAX_ANSWERED + 20))
    asked = [
        Nack(1, 2_000, tuple(one.seq for one in sent[at : at + 40])) for at in (0, 40, 80, 120)
    ]
    hear(call.router, call.bert, asked, call.now)
    assert len(call.sent_to(call.bert)) == MAX_ANSWERED


def test_requests_for_what_was_never_sent_are_not_answered():
    call = Call()
    sent = call.give(*call.layers[0].film(key=True), spoken(1))
    assert call.nack(sent[0].seq - 1, sent[2].seq + 1, 30_000) == []
    assert call.nack(sent[3].seq, ssrc=1_000) == []
    assert call.nack(sent[0].seq, ssrc=12_345) == []


def test_a_layer_changes_at_a_key_frame_and_nowhere_else():
    call = Call(180, 360)
    low, high = call.layers
    call.give(*low.film(key=True), *high.film(key=True))
    call.router.aim(call.sees, call.video.layers[1], call.now)
    before = call.give(*low.film(), *high.film(), *low.film(), *high.film())
    assert {part_of(one)[0] for one in before} == {"q"}
    after = call.give(*high.film(key=True), *low.film(), *high.film())
    assert [part_of(one)[0] for one in after] == ["h"] * 6
    assert after[0].seq == before[-1].seq + 1


def test_numbers_of_pictures_go_on_over_a_change_of_the_layer():
    call = Call(180, 360)
    low, high = call.layers
    high.number, high.tl0 = 77, 99
    sent = call.give(*low.film(key=True, count=1), *high.film(key=True, count=1))
    call.router.aim(call.sees, call.video.layers[1], call.now)
    sent += call.give(*high.film(key=True, count=2), *high.film(count=1))
    numbers = [(int.from_bytes(one.payload[2:4]) & 0x7FFF, one.payload[4]) for one in sent]
    assert numbers == [(0x7FFF, 255), (0, 0), (0, 0), (1, 1)]
    (again,) = call.nack(sent[-1].seq)
    assert restored(again, 2_000).payload == sent[-1].payload


def test_a_key_frame_whose_first_packet_came_late_is_caught_up():
    call = Call()
    source = call.layers[0]
    call.give(*source.film(count=1))
    first, *others = source.film(key=True)
    assert call.give(*others) == []
    sent = call.give(source.repaired(first, 1, 99))
    assert [part_of(one)[2] for one in sent] == [0, 1, 2]
    assert call.sees.packets == 3


def test_timestamps_of_layers_are_joined_by_their_sender_reports():
    call = Call(180, 360)
    low, high = call.layers
    low.timestamp, high.timestamp = 1_000, 900_000
    sent = call.give(*low.film(key=True, count=1), *high.film(key=True, count=1))
    ntp = 1 << 40
    for source in (low, high):
        report = SenderReport(source.ssrc, ntp, source.timestamp, 1, 1)
        hear(call.router, call.anna, [report], call.now)
    call.router.aim(call.sees, call.video.layers[1], call.now)
    call.now += 5.0
    sent += call.give(*high.film(key=True, count=1))
    assert sent[1].timestamp - sent[0].timestamp == 3_000


def test_without_reports_timestamps_go_on_by_the_time_of_arrival():
    call = Call(180, 360)
    low, high = call.layers
    sent = call.give(*low.film(key=True, count=1), *high.film(key=True, count=1))
    call.router.aim(call.sees, call.video.layers[1], call.now)
    call.now += 0.5
    sent += call.give(*high.film(key=True, count=1))
    assert sent[1].timestamp - sent[0].timestamp & 0xFFFF_FFFF == 45_000


def test_after_a_pause_nothing_is_missing_and_the_clock_has_gone_on():
    call = Call()
    source = call.layers[0]
    sent = call.give(*source.film(key=True, count=1))
    call.router.aim(call.sees, None, call.now)
    assert call.give(*source.film(), *source.film()) == []
    call.router.aim(call.sees, call.video.layers[0], call.now)
    sent += call.give(*source.film(count=1), *source.film(key=True, count=1))
    assert sent[1].seq - sent[0].seq == 1
    assert sent[1].timestamp - sent[0].timestamp & 0xFFFF_FFFF == 4 * 3_000


def test_what_comes_late_from_before_a_pause_is_not_sent():
    call = Call()
    source = call.layers[0]
    sent = call.give(*source.film(key=True, count=1))
    late = source.film(count=1)
    call.give(*source.film(count=1))
    call.router.aim(call.sees, None, call.now)
    call.router.aim(call.sees, call.video.layers[0], call.now)
    sent += call.give(*source.film(key=True, count=1), *late)
    assert [part_of(one)[1] for one in sent] == [1, 4]
    assert (sent[1].seq - sent[0].seq, call.sees.packets) == (3, 3)


def test_a_publisher_that_begins_anew_is_followed_without_a_gap():
    call = Call()
    sent = call.give(spoken(40_000), spoken(40_001))
    assert call.give(spoken(5_000)) == []
    sent += call.give(spoken(5_001), spoken(5_002))
    assert [one.seq - sent[0].seq for one in sent] == [0, 1, 2, 3]
    steps = [later.timestamp - one.timestamp for one, later in pairwise(sent)]
    assert all(step > 0 for step in steps)


def test_a_source_that_changes_its_name_is_followed_too():
    call = Call(180, 360)
    sent = call.give(*call.layers[0].film(key=True, count=1))
    other = Source(500, "q", seq=3)
    sent += call.give(*other.film(key=True, count=2))
    assert [one.seq - sent[0].seq for one in sent] == [0, 1, 2]
    assert len(call.anna.sources) == 2


def test_what_was_never_agreed_on_is_dropped_and_counted():
    call = Call(180, 360)
    video = call.layers[0].film(key=True, count=1)[0]
    wrong_type = video[:1] + bytes([100]) + video[2:]
    for packet in (
        Source(50, "x").film(key=True, count=1)[0],
        Source(51, "q", mid="7").film(key=True, count=1)[0],
        Source(52, "").film(key=True, count=1)[0],
        wrong_type,
        spoken(1, ssrc=53, mid="1"),
    ):
        assert call.give(packet) == []
    assert call.anna.dropped == {Drop.NOT_PUBLISHED: 5}
    assert len(call.anna.sources) == 1


def test_a_track_that_may_not_be_sent_is_dropped_until_it_may():
    call = Call()
    call.give(spoken(1))
    call.voice.allowed = False
    assert call.give(spoken(2), spoken(3)) == []
    assert call.anna.dropped == {Drop.NOT_ALLOWED: 2}
    call.voice.allowed = True
    assert len(call.give(spoken(4))) == 1


def test_a_packet_that_would_not_fit_is_dropped_and_the_longest_that_does_is_not():
    call = Call()
    level = 4
    call.give(spoken(1))
    assert len(call.give(spoken(2, payload=bytes(MAX_TAIL_BYTES - level)))) == 1
    assert call.give(spoken(3, payload=bytes(MAX_TAIL_BYTES - level + 1))) == []
    assert call.anna.dropped == {Drop.TOO_BIG: 1}


def test_malformed_packets_are_dropped_and_counted():
    call = Call()
    cut = build_packet(OPUS, 1, 1, 7, extensions=b"\xbe\xde\0\1\x1f\0\0\0")
    assert call.give(b"\x90" + bytes(11), bytes(cut)) == []
    assert call.anna.dropped == {Drop.MALFORMED: 2}
    with pytest.raises(Malformed):
        parse_packet(b"\x90" + bytes(11))


def test_probes_of_the_bandwidth_are_counted_as_arrived_and_not_forwarded():
    call = Call(180, 360)
    call.give(*call.layers[0].film(key=True))
    values = {
        EXTENSIONS[ExtensionKind.MID]: b"1",
        EXTENSIONS[ExtensionKind.REPAIRED_RID]: b"q",
        3: b"\0\5",
    }
    probe = build_packet(121, 1, 1, 99, extensions=build_extensions(values), padding=200)
    assert call.give(bytes(probe)) == []
    assert call.anna.dropped == {}
    assert [number for number, _ in call.anna.arrivals.pending] == [5]


def test_reports_say_the_publishers_clock_in_the_receivers_numbers():
    call = Call()
    call.give(spoken(1))
    ntp, stamp = 1 << 40, 960
    hear(call.router, call.anna, [SenderReport(7, ntp, stamp, 1, 1)], call.now)
    call.rtcp_to(call.bert)
    began = call.now
    call.pass_time(1.05)
    (report,) = [one for one in call.rtcp_to(call.bert) if isinstance(one, SenderReport)]
    passed = (report.ntp - ntp) / (1 << 32)
    assert 0 < passed <= call.now - began
    assert report.ssrc == 1_000
    assert report.timestamp - stamp == pytest.approx(passed * 48_000, abs=1)
    assert (report.packets, report.octets) == (1, 5)


def test_a_report_about_a_report_tells_the_round_trip():
    call = Call()
    call.give(spoken(1))
    hear(call.router, call.anna, [SenderReport(7, 1 << 40, 960, 1, 1)], call.now)
    call.pass_time(1.05)
    (report,) = [one for one in call.rtcp_to(call.bert) if isinstance(one, SenderReport)]
    said_at = call.upkeep._report_at - 1.0
    call.now = said_at + 0.35
    block = ReportBlock(1_000, 0, 0, 1, 0, report.ntp >> 16 & 0xFFFF_FFFF, round(0.3 * 65_536))
    hear(call.router, call.bert, [ReceiverReport(1, (block,))], call.now)
    assert call.bert.round_trip_s == pytest.approx(0.05, abs=0.001)


def test_a_publisher_is_told_how_its_streams_arrive():
    call = Call()
    call.give(spoken(1), spoken(3))
    call.pass_time(1.05)
    (report,) = [one for one in call.rtcp_to(call.anna) if isinstance(one, ReceiverReport)]
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.highest_seq) == (7, 1, 3)


def test_an_ssrc_is_never_used_twice_with_one_receiver():
    call = Call()
    call.router.unsubscribe(call.sees, call.now)
    with pytest.raises(ValueError, match="used before"):
        call.router.subscribe(call.bert, call.video, "1", 2_001)
    with pytest.raises(ValueError, match="mid of"):
        call.router.subscribe(call.bert, call.video, "12345", 3_000)


def test_only_videos_of_those_who_talked_last_are_forwarded():
    call = Call()
    carl = call.peer("carl")
    voice = call.router.publish(carl, audio_description("0", 8))
    video = call.router.publish(carl, video_description("1", ssrc=60))
    sees = call.router.subscribe(call.bert, video, "2", 4_000, 4_001)
    film, seq = Source(60), 0
    assert voice.owner == "carl"
    call.router.last_n = 1
    for talker, shown in ((7, call.sees), (8, sees), (7, call.sees)):
        for _ in range(40):
            seq += 1
            call.router.on_rtp(call.anna, spoken(seq, 7, 20 if talker == 7 else 127), call.now)
            call.router.on_rtp(carl, spoken(seq, 8, 20 if talker == 8 else 127), call.now)
            for publisher, source in ((call.anna, call.layers[0]), (carl, film)):
                for packet in source.film(key=True, count=1):
                    call.router.on_rtp(publisher, packet, call.now)
            call.pass_time(0.1)
        assert [one.layer is not None for one in (call.sees, sees)] == [
            shown is call.sees,
            shown is sees,
        ]
    sees.priority = 1
    call.router.on_rtp(carl, film.film(key=True, count=1)[0], call.now)
    call.pass_time(0.3)
    call.router.on_rtp(carl, film.film(key=True, count=1)[0], call.now)
    assert sees.layer is not None


class RedCall(Call):
    """Anna sends redundant audio, Carl's browser does not take it."""

    def __init__(self):
        super().__init__()
        plain = audio_description("0", 7)
        self.router.unpublish(self.anna, self.voice, self.now)
        red = replace(plain, codec="red", payload_types={OPUS: 111, 63: 63})
        self.voice = self.router.publish(self.anna, red)
        self.carl = self.peer("carl")
        self.router.subscribe(self.bert, self.voice, "0", 1_100)
        self.router.subscribe(self.carl, self.voice, "0", 1_101, takes_red=False)

    def give_red(self, seq, payload):
        packet = spoken(seq, payload=payload)
        self.router.on_rtp(self.anna, packet[:1] + bytes([63]) + packet[2:], self.now)
        return self.sent_to(self.bert)[0], self.sent_to(self.carl)[0]


def test_redundant_audio_is_passed_on_under_the_receivers_types():
    call = RedCall()
    blocks = [RedBlock(OPUS, 960, b"before"), RedBlock(OPUS, 0, b"now")]
    red, plain = call.give_red(1, build_red(blocks))
    assert red.payload_type == 63
    assert parse_red(red.payload) == (RedBlock(111, 960, b"before"), RedBlock(111, 0, b"now"))
    assert (plain.payload_type, plain.payload) == (111, b"now")


def test_who_takes_no_redundant_audio_loses_no_number_over_a_malformed_one():
    call = RedCall()
    sent = [
        call.give_red(seq, payload)[1] for seq, payload in enumerate((b"\x6fa", b"\xff", b"\x6fb"))
    ]
    assert [one.payload for one in sent] == [b"a", b"", b"b"]
    assert [one.seq - sent[0].seq for one in sent] == [0, 1, 2]


def test_what_a_receiver_wants_to_show_decides_its_layer():
    call = Call(180, 360, 720)
    for height, rid in ((720, "f"), (200, "h"), (100, "q"), (0, None), (None, "f")):
        call.sees.height = height
        for _ in range(12):
            for source in call.layers:
                call.give(*source.film(key=True, count=1))
            call.pass_time(0.05)
        assert (call.sees.layer.rid if call.sees.layer else None) == rid


def test_who_leaves_takes_tracks_and_subscriptions_along():
    call = Call()
    call.give(spoken(1), *call.layers[0].film(key=True))
    call.router.subscribe(call.anna, call.router.publish(call.bert, audio_description()), "0", 9)
    call.router.remove_peer(call.anna, call.now)
    assert (call.router.peers, call.bert.subscriptions) == ([call.bert], {})
    assert [track.owner for track in call.router.tracks] == ["bert"]
    assert call.router.speakers.recent == ["bert"]
    call.pass_time(1.5)
    assert call.router.take_needy() == []
