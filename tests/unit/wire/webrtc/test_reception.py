import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.reception import MAX_DROPOUT, MAX_MISORDER, Reception
from parlor.wire.webrtc.rtcp.reports import ntp_of

CLOCK = 90_000


def arrive(stream: Reception, seqs, *, now_s=0.0) -> list[int | None]:
    return [stream.on_packet(seq & 0xFFFF, seq * 3_000 & 0xFFFFFFFF, now_s) for seq in seqs]


def test_a_stream_without_loss_reports_none():
    stream = Reception(7, CLOCK)
    arrive(stream, range(65_500, 65_600))
    block = stream.report(0.0)
    assert (block.ssrc, block.fraction_lost, block.lost) == (7, 0, 0)
    assert block.highest_seq == 65_599
    assert stream.expected == stream.received == 100


def test_before_the_first_packet_there_is_nothing_to_report():
    block = Reception(7, CLOCK).report(12.0)
    assert (block.fraction_lost, block.lost, block.highest_seq, block.jitter) == (0, 0, 0, 0)
    assert (block.last_sr, block.since_last_sr) == (0, 0)


def test_loss_is_a_part_of_256_since_the_last_report_and_a_sum_since_the_beginning():
    stream = Reception(7, CLOCK)
    arrive(stream, range(101))
    assert stream.report(0.0).fraction_lost == 0
    arrive(stream, range(102, 201, 2))
    block = stream.report(1.0)
    assert (block.fraction_lost, block.lost) == (128, 50)
    arrive(stream, range(201, 301))
    block = stream.report(2.0)
    assert (block.fraction_lost, block.lost) == (0, 50)


def test_a_late_packet_is_no_longer_lost_and_a_doubled_one_hides_a_loss():
    stream = Reception(7, CLOCK)
    assert arrive(stream, [0, 1, 3, 2]) == [0, 1, 3, 2]
    assert stream.report(0.0).lost == 0
    arrive(stream, [3, 3])
    block = stream.report(0.0)
    assert (block.fraction_lost, block.lost) == (0, -2)


def test_nearly_everything_lost_is_255_of_256():
    stream = Reception(7, CLOCK)
    arrive(stream, [0])
    stream.report(0.0)
    arrive(stream, [2_900])
    assert stream.report(0.0).fraction_lost == 255


def test_a_gap_as_large_as_the_limit_is_a_new_stream():
    stream = Reception(7, CLOCK)
    assert arrive(stream, [0, MAX_DROPOUT - 1]) == [0, MAX_DROPOUT - 1]
    assert arrive(stream, [2 * MAX_DROPOUT - 1]) == [None]
    assert stream.received == 2


def test_a_sender_that_began_anew_is_believed_with_its_second_packet():
    stream = Reception(7, CLOCK)
    arrive(stream, range(100, 150))
    assert arrive(stream, [40_000]) == [None]
    assert arrive(stream, [150]) == [150]
    assert arrive(stream, [50_000, 50_001, 50_002]) == [None, 50_001, 50_002]
    assert (stream.received, stream.expected) == (2, 2)
    assert stream.report(0.0).lost == 0


def test_a_packet_as_late_as_the_limit_counts_and_a_later_one_does_not():
    stream = Reception(7, CLOCK)
    arrive(stream, range(1_000, 1_200))
    late = 1_199 - MAX_MISORDER
    assert arrive(stream, [late, late - 1]) == [late, None]


def test_the_number_after_a_jump_is_no_restart_when_the_stream_came_there_itself():
    stream = Reception(7, CLOCK)
    arrive(stream, [0])
    assert arrive(stream, [4_000]) == [None]
    arrive(stream, range(1, 4_002))
    assert stream.received == 4_002


def test_packets_that_come_as_evenly_as_they_were_sent_have_no_jitter():
    stream = Reception(7, CLOCK)
    for n in range(100):
        stream.on_packet(n, 0xFFFF_0000 + n * 3_000 & 0xFFFF_FFFF, 5.0 + n / 30)
    assert stream.report(9.0).jitter == 0


def test_jitter_is_the_mean_change_of_the_way_in_units_of_the_clock():
    stream = Reception(7, CLOCK)
    stream.on_packet(0, 0, 0.0)
    stream.on_packet(1, 3_000, 1 / 30 + 0.016)
    assert stream.report(0.1).jitter == 90  # 16 ms are 1,440 ticks, and a sixteenth counts
    for n in range(2, 400):
        stream.on_packet(n, n * 3_000, n / 30 + 0.016 * (n % 2))
    assert stream.report(20.0).jitter == pytest.approx(1_440, abs=1)


def test_a_report_says_how_long_ago_the_last_sender_report_came():
    stream = Reception(7, CLOCK)
    stream.on_sender_report(ntp_of(1_000_000.5), now_s=3.0)
    block = stream.report(now_s=4.25)
    assert block.last_sr == ntp_of(1_000_000.5) >> 16 & 0xFFFFFFFF
    assert block.since_last_sr == 1.25 * 65_536


def test_a_clock_that_steps_back_counts_as_no_time():
    stream = Reception(7, CLOCK)
    stream.on_sender_report(ntp_of(5.0), now_s=3.0)
    assert stream.report(now_s=2.0).since_last_sr == 0
    assert stream.report(now_s=1e9).since_last_sr == 0xFFFF_FFFF


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.integers(0, 40), max_size=80),
    st.lists(st.integers(0, 80), max_size=5),
)
def test_what_was_lost_is_what_was_sent_and_did_not_come(first, order, reports):
    """Numbers within the misorder limit, in any order, doubled or not."""
    stream = Reception(7, CLOCK)
    stream.on_packet(first, 0, 0.0)
    highest, received = 0, 1
    for n, ahead in enumerate(order):
        long = stream.on_packet((first + ahead) & 0xFFFF, 0, 0.0)
        assert long == first + ahead
        highest, received = max(highest, ahead), received + 1
        if n in reports:
            assert 0 <= stream.report(0.0).fraction_lost <= 255
    block = stream.report(0.0)
    assert block.lost == highest + 1 - received
    assert block.highest_seq == first + highest
