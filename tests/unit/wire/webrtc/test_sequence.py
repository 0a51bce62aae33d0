from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.sequence import SEQ_BITS, TIMESTAMP_BITS, Extender, distance, is_newer


@pytest.mark.parametrize(
    ("later", "earlier", "ahead"),
    [
        (1, 0, 1),
        (0, 1, -1),
        (0, 0xFFFF, 1),
        (0xFFFF, 0, -1),
        (0x7FFF, 0, 0x7FFF),
        (0x8000, 0, -0x8000),
        (5, 5, 0),
    ],
)
def test_the_short_way_round_counts(later, earlier, ahead):
    assert distance(later, earlier) == ahead
    assert is_newer(later, earlier) is (ahead > 0)


def test_rfc_1982_on_eight_bits():
    # §5.2 of the RFC: each is greater than the one before it, although they wrap around.
    chain = [0, 44, 100, 200, 255, 0, 100]
    assert all(is_newer(later, than, bits=8) for than, later in pairwise(chain))


def test_late_and_doubled_numbers_keep_their_place_across_the_wrap():
    extender = Extender()
    shorts = [0xFFFE, 0, 0xFFFF, 0, 1, 0xFFFE]
    assert [extender.extend(short) for short in shorts] == [
        0xFFFE,
        0x1_0000,
        0xFFFF,
        0x1_0000,
        0x1_0001,
        0xFFFE,
    ]
    assert extender.newest == 0x1_0001


def test_what_was_sent_before_the_first_is_negative():
    extender = Extender()
    assert extender.extend(3) == 3
    assert extender.extend(0xFFFF) == -1
    assert extender.newest == 3


@pytest.mark.parametrize("bits", [SEQ_BITS, TIMESTAMP_BITS])
@given(first=st.integers(0, 2**40), steps=st.lists(st.integers(-30_000, 30_000), max_size=60))
def test_long_numbers_are_found_again_behind_short_ones(bits, first, steps):
    size = 1 << bits
    long, newest = first, first
    extender = Extender(bits)
    turns = first - extender.extend(first % size)
    for step in steps:
        long = newest + step
        newest = max(newest, long)
        assert extender.extend(long % size) + turns == long
    assert extender.newest == newest - turns


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_distance_leads_from_one_to_the_other(later, earlier):
    ahead = distance(later, earlier)
    assert -0x8000 <= ahead < 0x8000
    assert (earlier + ahead) % 0x1_0000 == later
