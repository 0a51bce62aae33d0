from hypothesis import given
from hypothesis import strategies as st

from parlor.sfu.forward.arrivals import MAX_COUNT, MAX_PENDING, Arrivals
from parlor.wire.webrtc.rtcp import TransportFeedback, build_compound, parse_compound
from parlor.wire.webrtc.srtp import MAX_PACKET_BYTES

TICK_S = 0.00025


def told(arrivals):
    """What the publisher reads: number to ticks, and the numbers that are lost."""
    came: dict[int, int] = {}
    lost: set[int] = set()
    for report in arrivals.feedback(1, 2):
        whole = build_compound([report])
        assert len(whole) <= MAX_PACKET_BYTES
        (read,) = parse_compound(whole)
        assert isinstance(read, TransportFeedback)
        found = dict(read.arrivals())
        came |= found
        lost |= {read.base_seq + n & 0xFFFF for n in range(read.count)} - found.keys()
    return came, lost


def put(arrivals, number, now):
    arrivals.on_packet((number & 0xFFFF).to_bytes(2), now)


def test_times_of_arrival_are_told_to_a_quarter_of_a_millisecond():
    arrivals = Arrivals()
    for number, at in ((65_535, 100.0), (65_536, 100.01), (65_537, 100.02025)):
        put(arrivals, number, at)
    came, lost = told(arrivals)
    first = came[65_535]
    assert [came[0] - first, came[1] - first] == [40, 81]
    assert not lost


def test_what_is_missing_between_two_reports_is_lost():
    arrivals = Arrivals()
    put(arrivals, 10, 1.0)
    assert told(arrivals)[1] == set()
    put(arrivals, 13, 1.1)
    assert told(arrivals)[1] == {11, 12}


def test_nothing_new_is_no_report():
    arrivals = Arrivals()
    put(arrivals, 10, 1.0)
    assert arrivals.feedback(1, 2)
    assert arrivals.feedback(1, 2) == []


def test_a_value_of_another_length_says_nothing():
    arrivals = Arrivals()
    arrivals.on_packet(b"abc", 1.0)
    assert (arrivals.feedback(1, 2), arrivals.dropped) == ([], 1)


def test_no_more_is_remembered_than_the_limit():
    arrivals = Arrivals()
    for number in range(MAX_PENDING + 10):
        put(arrivals, number, 1.0)
    assert (len(arrivals.pending), arrivals.dropped) == (MAX_PENDING, 10)
    assert len(arrivals.feedback(1, 2)) == MAX_PENDING // MAX_COUNT


@given(
    st.lists(st.tuples(st.integers(-3, 3_000), st.floats(0, 20)), min_size=1, max_size=60),
    st.integers(0, 0xFFFF),
    st.floats(0, 10_000_000),
)
def test_whatever_the_order_and_the_gaps_each_arrival_is_told_once(steps, number, now):
    arrivals = Arrivals()
    last: dict[int, float] = {}
    for ahead, passed in steps:
        number, now = number + ahead, now + passed
        put(arrivals, number, now)
        last.setdefault(number & 0xFFFF, now)
    came, _ = told(arrivals)
    if len(last) == len(steps):
        assert came.keys() == last.keys()
    assert came.keys() <= last.keys()
