from hypothesis import given
from hypothesis import strategies as st

from parlor.push.paces import Paces


def test_each_name_has_its_own_pace():
    paces = Paces(1.0, 2)
    assert [paces.take_nowait("ann", 0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert paces.take_nowait("bob", 0.0) == 0.0


def test_the_name_that_was_idle_longest_is_forgotten_first():
    paces = Paces(1.0, 1, max_remembered=2)
    paces.take_nowait("ann", 0.0)
    paces.take_nowait("bob", 0.0)
    assert paces.take_nowait("ann", 0.0) > 0
    paces.take_nowait("cyd", 0.0)
    assert paces.take_nowait("ann", 0.0) > 0
    assert paces.take_nowait("bob", 0.0) == 0.0


@given(st.lists(st.text(max_size=3), max_size=300))
def test_memory_is_bounded_whoever_asks(names):
    paces = Paces(1.0, 1, max_remembered=10)
    for name in names:
        paces.take_nowait(name, 0.0)
    assert len(paces) <= 10


def test_other_limits_reach_who_is_known_already():
    paces = Paces(1.0, 10)
    assert paces.take_nowait("a", 0.0) == 0.0
    paces.apply(1.0, 2)
    assert [paces.take_nowait("a", 0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert [paces.take_nowait("b", 0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
