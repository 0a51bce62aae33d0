from hypothesis import given
from hypothesis import strategies as st

from parlor.drivers.callback.breaker import Breaker


def fail(breaker: Breaker, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        breaker.on_done(now, answered=False)


def test_it_opens_after_so_many_failures_in_a_row():
    breaker = Breaker(failures=3, pause_s=5.0)
    fail(breaker, 2)
    breaker.on_done(0.0, answered=True)
    fail(breaker, 2)
    assert breaker.wait_s(0.0) == 0.0
    fail(breaker, 1)
    assert breaker.wait_s(1.0) == 4.0


def test_after_the_pause_one_is_let_through_and_the_others_wait():
    breaker = Breaker(failures=1, pause_s=5.0)
    fail(breaker, 1)
    assert [breaker.wait_s(5.0) for _ in range(3)] == [0.0, 5.0, 5.0]
    fail(breaker, 1, now=6.0)
    assert breaker.wait_s(7.0) == 4.0


def test_one_answer_closes_it():
    breaker = Breaker(failures=1, pause_s=5.0)
    fail(breaker, 1)
    assert breaker.wait_s(5.0) == 0.0
    breaker.on_done(5.0, answered=True)
    assert [breaker.wait_s(5.0) for _ in range(10)] == [0.0] * 10


@given(st.lists(st.floats(0.01, 3), min_size=1, max_size=200), st.integers(1, 5))
def test_a_server_that_never_answers_is_asked_once_a_pause(gaps, failures):
    breaker, now, asked = Breaker(failures, pause_s=5.0), 0.0, 0
    for gap in gaps:
        now += gap
        if not breaker.wait_s(now):
            asked += 1
            breaker.on_done(now, answered=False)
    assert asked <= failures + now / 5.0 + 1
