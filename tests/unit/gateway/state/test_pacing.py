from hypothesis import given
from hypothesis import strategies as st

from parlor.gateway.state.pacing import Pacing


def walk(count: int, rate: int, busy_s: float = 0.0) -> list[float]:
    """When each of `count` deliveries happens, if putting one takes `busy_s`."""
    pacing, now, done, at = Pacing(rate, 50.0), 50.0, 0, []
    while done < count:
        due = min(count, pacing.due(now))
        while done < due:
            at.append(now - 50.0)
            done += 1
            now += busy_s
        now += pacing.wait_s(done, now)
    return at


@given(st.integers(2, 3_000), st.integers(1, 50_000))
def test_the_whole_takes_as_long_as_the_rate_says(count: int, rate: int):
    at = walk(count, rate)
    assert abs(at[-1] - count / rate) <= max(0.2 * count / rate, 0.02 + 1 / rate)


@given(st.integers(2, 2_000), st.integers(1, 20_000))
def test_there_are_no_steps_but_an_even_flow(count: int, rate: int):
    """P14: at any moment as many are done as the rate says, but for a hundredth of a second."""
    for number, at in enumerate(walk(count, rate)):
        assert number / rate - 1e-3 <= at <= number / rate + 0.011


def test_a_walk_that_is_held_up_catches_up():
    at = walk(1_000, 100, busy_s=0.001)
    assert abs(at[-1] - 10.0) < 0.5
