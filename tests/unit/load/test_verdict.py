import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.load.verdict import delivered, generator_warning, most_common, pace_warning


@given(st.integers(1, 10**9))
def test_all_is_exactly_one_and_one_less_is_not(expected):
    assert delivered(expected, expected) == 1.0
    assert (delivered(expected - 1, expected) or 0.0) < 1.0
    assert (delivered(expected + 1, expected) or 0.0) > 1.0


def test_without_anything_expected_there_is_no_ratio():
    assert delivered(0, 0) is None


def test_a_generator_that_kept_up_is_not_warned_of():
    assert generator_warning(cpu=0.85, turn_p99_ms=50, late_p99_ms=20, publisher_cpu=0.85) == ""


@pytest.mark.parametrize(
    ("measured", "word"),
    [
        ({"cpu": 0.86}, "--processes"),
        ({"cpu": 0.1, "publisher_cpu": 0.9}, "publisher"),
        ({"cpu": 0.1, "turn_p99_ms": 51}, "loop"),
        ({"cpu": 0.1, "late_p99_ms": 21}, "late"),
    ],
)
def test_a_generator_that_was_the_limit_says_so_and_why(measured, word):
    warning = generator_warning(**measured)
    assert warning.startswith("the generator was the limit")
    assert word in warning


def test_a_pace_that_was_not_kept_is_told():
    assert pace_warning(99.0, 100.0) == ""
    assert "50/s instead of 100/s" in pace_warning(50.0, 100.0)
    assert pace_warning(0.0, 0.0) == ""


def test_the_most_common_reasons_come_first_and_three_are_enough():
    reasons = {"a": 1, "b": 5, "c": 3, "d": 2}
    assert most_common(reasons) == "b (5), c (3), d (2)"
