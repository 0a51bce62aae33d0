from hypothesis import given
from hypothesis import strategies as st

from parlor.model.breaker import Breaker


def test_it_opens_after_so_many_failures_in_a_row():
    breaker = Breaker(3, 5.0)
    for _ in range(2):
        breaker.on_done(1.0, answered=False)
    assert breaker.wait_s(1.0) == 0.0
    breaker.on_done(2.0, answered=False)
    assert (breaker.is_open, breaker.wait_s(3.0)) == (True, 4.0)


def test_an_answer_between_failures_keeps_it_closed():
    breaker = Breaker(2, 5.0)
    for _ in range(5):
        breaker.on_done(1.0, answered=False)
        breaker.on_done(1.0, answered=True)
    assert breaker.wait_s(1.0) == 0.0


def test_after_the_pause_one_is_let_through_and_decides():
    breaker = Breaker(1, 5.0)
    breaker.on_done(0.0, answered=False)
    assert breaker.wait_s(5.0) == 0.0
    assert breaker.wait_s(5.0) == 5.0
    breaker.on_done(6.0, answered=False)
    assert breaker.wait_s(6.0) == 5.0
    assert breaker.wait_s(11.0) == 0.0
    breaker.on_done(11.5, answered=True)
    assert (breaker.is_open, breaker.wait_s(11.5)) == (False, 0.0)


@given(st.lists(st.floats(0, 3), max_size=100))
def test_somebody_who_never_answers_is_asked_once_a_pause(gaps):
    breaker, now, asked = Breaker(3, 2.0), 0.0, 0
    for gap in gaps:
        now += gap
        if not breaker.wait_s(now):
            asked += 1
            breaker.on_done(now, answered=False)
    assert asked <= 3 + now / 2.0 + 1
