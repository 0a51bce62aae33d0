import pytest

from parlor.load.crew import merged, share
from parlor.load.target import Target
from parlor.load.wish import MAX_CONNECTIONS, MAX_REASONS, Seen, Wish, count_reason

HERE = Target("silent", "127.0.0.1", 1)


def test_every_connection_is_in_exactly_one_part():
    parts = share(Wish(HERE, 10, first=100, per_s=30.0), 3)
    numbers = [part.first + n for part in parts for n in range(part.count)]
    assert numbers == list(range(100, 110))
    assert [part.per_s for part in parts] == [10.0, 10.0, 10.0]


def test_a_process_is_not_asked_for_more_than_it_can_hold():
    assert len(share(Wish(HERE, 2 * MAX_CONNECTIONS), 2)) == 2
    with pytest.raises(ValueError, match="more processes"):
        share(Wish(HERE, 2 * MAX_CONNECTIONS + 1), 2)


def test_counters_add_up_and_times_do_not():
    one = Seen(open=2, refused={"a": 1}, first_closed_ns=5, last_entered_ns=7)
    other = Seen(open=3, refused={"a": 2, "b": 1}, first_closed_ns=0, last_entered_ns=9)
    whole = merged([one, other, Seen(first_closed_ns=3)], Seen())
    assert (whole.open, whole.refused, whole.refusals) == (5, {"a": 3, "b": 1}, 4)
    assert (whole.first_closed_ns, whole.last_entered_ns) == (3, 9)


def test_reasons_are_bounded():
    reasons: dict[str, int] = {}
    for number in range(1_000):
        count_reason(reasons, f"reason {number}")
    assert len(reasons) == MAX_REASONS + 1
    assert sum(reasons.values()) == 1_000


def test_rooms_are_shared_out_evenly():
    wish = Wish(HERE, 4, room="r", rooms=2)
    assert [wish.rooms_of(number) for number in range(4)] == [("r-0",), ("r-1",)] * 2
    assert Wish(HERE, 4, room="r").rooms_of(3) == ("r",)
    assert Wish(HERE, 4).rooms_of(3) == ()
