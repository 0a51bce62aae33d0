from hypothesis import given
from hypothesis import strategies as st

from parlor.client.received_events import MAX_AHEAD, ReceivedEvents


def test_an_event_that_is_announced_twice_is_taken_once():
    events = ReceivedEvents(100)
    assert events.take("t", 5)
    assert not events.take("t", 5)
    assert events.take("other", 5)
    assert events.doubles == 1


def test_an_event_that_comes_late_is_no_double():
    events = ReceivedEvents(100)
    assert [events.take("t", seq) for seq in (6, 5, 7)] == [True, True, True]
    assert events.position("t") == 7


def test_a_gap_holds_the_position_until_the_program_has_filled_it():
    events = ReceivedEvents(100)
    for seq in (3, 6, 7):
        events.take("t", seq)
    assert events.due(10) == {"t": 3}
    events.on_page("t", 5, [6])
    assert events.position("t") == 3
    events.on_page("t", 3, [4, 5])
    assert events.due(10) == {"t": 7}


def test_what_was_said_is_not_said_again_and_what_came_meanwhile_is():
    events = ReceivedEvents(100)
    events.take("t", 1)
    due = events.due(10)
    events.take("t", 2)
    events.on_said(due, ())
    assert events.due(10) == {"t": 2}
    events.on_said({"t": 2}, ())
    assert events.due(10) == {}


def test_positions_that_nobody_wants_are_not_said_until_the_next_connection():
    events = ReceivedEvents(100)
    events.take("large", 1)
    events.on_said(events.due(10), ["large"])
    events.take("large", 2)
    assert events.due(10) == {}
    events.begin()
    assert events.due(10) == {"large": 2}


def test_a_page_of_old_history_moves_nothing():
    events = ReceivedEvents(100)
    events.on_caught_up("t", 9)
    events.on_page("t", None, [2, 3])
    events.on_page("t", None, [])
    assert events.position("t") == 9
    events.on_page("t", None, [20, 21])
    assert events.position("t") == 9
    events.on_page("t", None, [9, 10])
    assert events.position("t") == 10
    events.on_page("new", None, [40, 41])
    assert events.position("new") == 41


def test_an_event_that_is_forgotten_is_handed_out_again():
    events = ReceivedEvents(2)
    assert [events.take("t", seq) for seq in (1, 2, 3, 3, 1)] == [True, True, True, False, True]


def test_beyond_a_gap_only_so_much_is_remembered():
    events = ReceivedEvents(10)
    events.take("t", 1)
    for seq in range(3, MAX_AHEAD + 8):
        events.take("t", seq)
    events.on_page("t", 1, [2])
    assert events.position("t") == 2
    events.on_page("t", 2, [3, 4, 5, 6, 7])
    assert events.position("t") == MAX_AHEAD + 7


@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 3))
def test_the_position_never_moves_back_nor_over_what_is_missing(seqs, pages):
    events, had, last = ReceivedEvents(1_000), set(), 0
    for number, seq in enumerate(seqs):
        if number % 4 < pages:
            events.on_page("t", seq - 1, [seq])
        else:
            assert events.take("t", seq) == (seq not in had)
            had.add(seq)
        position = events.position("t")
        assert position >= last
        last = position
    if last:
        fetched = {seq for number, seq in enumerate(seqs) if number % 4 < pages}
        first = seqs[0]
        assert all(seq in had | fetched for seq in range(first, last + 1))


def test_what_the_program_said_itself_leaves_no_gap():
    events = ReceivedEvents(100)
    events.take("t", 4)
    events.on_own("t", 6)
    events.take("t", 5)
    assert events.position("t") == 6
    assert events.take("t", 6)
