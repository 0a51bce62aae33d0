import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.push.pace import Pace


def test_a_burst_passes_and_the_next_is_told_how_long_to_wait():
    pace = Pace(per_second=4, burst=2, now=50.0)
    assert [pace.take_nowait(50.0) for _ in range(3)] == [0.0, 0.0, 0.25]
    assert pace.take_nowait(50.25) == 0.0


def test_hammering_does_not_delay_the_next_chance():
    pace = Pace(per_second=1, burst=1, now=0.0)
    pace.take_nowait(0.0)
    assert all(pace.take_nowait(0.9) for _ in range(500))
    assert pace.take_nowait(1.0) == 0.0


def test_a_larger_cost_waits_longer():
    pace = Pace(per_second=10, burst=10, now=0.0)
    assert pace.take_nowait(0.0, cost=8) == 0.0
    assert pace.take_nowait(0.0, cost=5) == pytest.approx(0.3)


def test_a_clock_that_steps_back_gives_nothing_and_takes_nothing():
    pace = Pace(per_second=1, burst=1, now=10.0)
    pace.take_nowait(10.0)
    assert pace.take_nowait(5.0) == 1.0
    assert pace.take_nowait(11.0) == 0.0


def test_a_rested_pace_may_be_forgotten():
    pace = Pace(per_second=1, burst=2, now=0.0)
    assert pace.is_full(0.0)
    pace.take_nowait(0.0)
    assert not pace.is_full(0.5)
    assert pace.is_full(1.0)


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), max_size=150),
    st.floats(0.1, 50),
    st.integers(4, 40),
)
def test_over_any_stretch_no_more_passes_than_burst_and_rate_allow(steps, per_second, burst):
    pace, now, spent = Pace(per_second, burst, 0.0), 0.0, 0
    for gap, cost in steps:
        now += gap
        if pace.take_nowait(now, cost) == 0.0:
            spent += cost
    assert spent <= burst + per_second * now + 1e-6


def test_what_has_to_be_left_over_is_not_spent():
    pace = Pace(per_second=1, burst=10, now=0.0)
    assert [pace.take_nowait(0.0, leaving=8) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert pace.wait_s(0.0) == 0.0
    assert [pace.take_nowait(0.0) for _ in range(9)] == [0.0] * 8 + [1.0]


def test_what_was_put_back_can_be_spent_and_is_never_more_than_a_burst():
    pace = Pace(per_second=1, burst=1, now=0.0)
    assert pace.take_nowait(0.0) == 0.0
    pace.put_back()
    pace.put_back()
    assert [pace.take_nowait(0.0), pace.take_nowait(0.0)] == [0.0, 1.0]


def test_another_pace_counts_from_now_on_and_gives_no_new_burst():
    pace = Pace(per_second=1, burst=10, now=0.0)
    for _ in range(8):
        assert pace.take_nowait(0.0) == 0.0
    pace.change(per_second=4, burst=100)
    assert [pace.take_nowait(0.0) for _ in range(3)] == [0.0, 0.0, 0.25]
    pace.change(per_second=4, burst=1)
    assert [pace.take_nowait(100.0) for _ in range(2)] == [0.0, 0.25]
