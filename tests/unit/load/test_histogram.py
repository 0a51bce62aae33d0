import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.load.figures import percentile
from parlor.load.histogram import SMALLEST_MS, Histogram

durations = st.lists(st.floats(SMALLEST_MS, 1e6), min_size=1, max_size=200)


def filled(values):
    made = Histogram()
    for value in values:
        made.add(value)
    return made


@given(durations, st.floats(0, 1))
def test_a_percentile_is_at_most_one_percent_too_high_and_never_too_low(values, share):
    exact, found = percentile(values, share), filled(values).percentile_ms(share)
    assert exact * (1 - 1e-9) <= found <= exact * 1.0101


@given(durations, durations)
def test_what_two_processes_counted_adds_up(ones, others):
    merged = filled(ones)
    merged.merge(filled(others))
    assert merged == filled([*ones, *others])


@given(durations)
def test_a_histogram_travels_as_json(values):
    made = filled(values)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Histogram) == made


def test_the_longest_is_exact():
    assert filled([1.0, 7.77, 3.0]).percentile_ms(1.0) == 7.77


def test_clocks_that_disagree_count_as_no_time():
    assert filled([-5.0]).percentile_ms(0.5) == SMALLEST_MS


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError, match="no values"):
        Histogram().percentile_ms(0.5)


def test_two_histograms_share_nothing():
    filled([1.0])
    assert Histogram().buckets == {}
