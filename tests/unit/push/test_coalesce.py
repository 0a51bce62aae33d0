from hypothesis import given
from hypothesis import strategies as st

from parlor.model.ids import PushId
from parlor.model.push import Push
from parlor.push.coalesce import Coalescer


def _push(number: int) -> Push:
    return Push(PushId(str(number)), b"")


def _ids(pushes: tuple[Push, ...]) -> list[str]:
    return [push.id for push in pushes]


def test_the_first_message_to_a_quiet_room_leaves_at_once():
    rule = Coalescer(20, 0.1, 60.0, first_at_once=True)
    assert _ids(rule.add(10.0, _push(1))) == ["1"]
    assert rule.due_at is None


def test_the_next_ones_wait_for_each_other_until_the_window_ends():
    rule = Coalescer(20, 0.1, 60.0, first_at_once=True)
    rule.add(10.0, _push(1))
    assert rule.add(10.02, _push(2)) == rule.add(10.05, _push(3)) == ()
    assert rule.due_at == 10.1
    assert rule.due(10.09) == ()
    assert _ids(rule.due(10.1)) == ["2", "3"]
    assert rule.due(10.2) == ()


def test_a_room_that_went_quiet_is_quick_again():
    rule = Coalescer(20, 0.1, 60.0, first_at_once=True)
    rule.add(10.0, _push(1))
    assert _ids(rule.add(10.1, _push(2))) == ["2"]


def test_without_a_window_everything_leaves_at_once():
    rule = Coalescer(20, 0.0, 60.0, first_at_once=True)
    assert [_ids(rule.add(10.0, _push(number))) for number in range(3)] == [["0"], ["1"], ["2"]]


def test_a_full_batch_does_not_wait():
    rule = Coalescer(3, 1.0, 60.0)
    assert rule.add(0.0, _push(1)) == rule.add(0.1, _push(2)) == ()
    assert _ids(rule.add(0.2, _push(3))) == ["1", "2", "3"]
    assert rule.due_at is None


def test_goims_rule_counts_from_the_first_that_waits():
    rule = Coalescer(20, 1.0, 900.0)
    assert rule.add(5.0, _push(1)) == ()
    assert rule.add(5.9, _push(2)) == ()
    assert rule.due_at == 6.0
    assert _ids(rule.add(6.0, _push(3))) == ["1", "2", "3"]


def test_a_batch_of_one_never_waits():
    rule = Coalescer(1, 1.0, 60.0)
    assert _ids(rule.add(0.0, _push(1))) == ["1"]


def test_only_an_empty_and_quiet_rule_may_be_forgotten():
    rule = Coalescer(20, 1.0, 60.0)
    assert rule.is_idle(0.0)
    rule.add(0.0, _push(1))
    assert not rule.is_idle(1_000.0)
    rule.due(1.0)
    assert not rule.is_idle(60.9)
    assert rule.is_idle(61.0)


@given(
    st.lists(st.floats(0, 0.5), max_size=100),
    st.integers(1, 5),
    st.floats(0, 1),
    st.booleans(),
)
def test_everything_leaves_once_in_order_and_in_time(gaps, max_count, window_s, first_at_once):
    rule = Coalescer(max_count, window_s, 60.0, first_at_once=first_at_once)
    now = 0.0
    left: list[str] = []
    came: dict[str, float] = {}
    for number, gap in enumerate(gaps):
        now += gap
        if rule.due_at is not None and rule.due_at <= now:
            at = rule.due_at
            batch = rule.due(at)
            assert all(at - came[push.id] <= window_s + 1e-9 for push in batch)
            left += _ids(batch)
        came[str(number)] = now
        batch = rule.add(now, _push(number))
        assert len(batch) <= max_count
        left += _ids(batch)
    left += _ids(rule.due(float("inf")))
    assert left == [str(number) for number in range(len(gaps))]
