import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.load.figures import Figure, as_row, percentile, rounded


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_the_nearest_rank(share, value):
    assert percentile(list(range(100, 0, -1)), share) == value


def test_the_percentiles_of_one_value_are_that_value():
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7.0


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@given(st.lists(st.floats(0, 1e9), min_size=1), st.floats(0, 1))
def test_a_percentile_is_a_value_that_the_share_does_not_exceed(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, 0.0),
        (1.23456, 1.235),
        (123456.0, 123500.0),
        (0.000123456, 0.0001235),
        (-9.87654, -9.877),
    ],
)
def test_four_digits_are_shown(value, shown):
    assert rounded(value) == shown


def test_a_figure_has_its_ratio():
    figure = Figure.beside("fanout.x", 6.1, "us", "C", 5.0, delivered=1.0)
    assert (figure.ratio, figure.delivered) == (1.22, 1.0)
    assert msgspec.json.decode(msgspec.json.encode(figure)) == {
        "figure": "fanout.x",
        "value": 6.1,
        "unit": "us",
        "baseline": "C",
        "baseline_value": 5.0,
        "ratio": 1.22,
        "delivered": 1.0,
    }


def test_without_a_baseline_there_is_no_ratio():
    figure = Figure.beside("x", 6.1, "us", "no compiler", None)
    assert figure.ratio is None
    assert "no compiler" in as_row(figure)


def test_a_row_says_delivered_and_percentiles():
    figure = Figure("x", 1.0, "us", delivered=0.5, p50_ms=1.5, p99_ms=20.0, aim="at most 2 us")
    assert "delivered 50.0000%  p50 1.5 ms, p99 20 ms  aim at most 2 us" in as_row(figure)
